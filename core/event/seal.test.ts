import fc from 'fast-check';
import { expect, test } from 'vitest';
import { generateSealingKey, generateSigningKey } from '../identity/key.ts';
import { sealedSchema } from './schema.ts';
import { createContentKey, openContentKey, openSealed, sealLiterals } from './seal.ts';

const recipient = await generateSealingKey();
const key = await createContentKey(recipient.public);

test('only the control plane opens a content key, and with it the literals', async () => {
  const opened = await openContentKey(key.jwe, recipient.private);
  if (!opened.ok) throw new Error(opened.error.message);
  expect(opened.value.id).toBe(key.id);
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.string(), (literals, place) => {
      const sealed = sealedSchema.parse(sealLiterals(key, literals, place));
      const result = openSealed(sealed, opened.value, place);
      expect(result).toEqual({
        ok: true,
        value: { literals, truncated: false },
      });
    }),
  );
  const stranger = await generateSealingKey();
  expect(await openContentKey(key.jwe, stranger.private)).toMatchObject({ ok: false });
  expect(await openContentKey('not a jwe', recipient.private)).toMatchObject({ ok: false });
});

test('a record that was changed or moved does not open', async () => {
  const sealed = sealLiterals(key, ['4111 1111 1111 1111'], 'event 7');
  const other = await createContentKey(recipient.public);
  const flipped = `${sealed.data.startsWith('A') ? 'B' : 'A'}${sealed.data.slice(1)}`;
  expect(openSealed(sealed, key, 'event 8')).toMatchObject({ ok: false });
  expect(openSealed({ ...sealed, data: flipped }, key, 'event 7')).toMatchObject({ ok: false });
  expect(openSealed({ ...sealed, data: '' }, key, 'event 7')).toMatchObject({ ok: false });
  expect(openSealed({ ...sealed, key: other.id }, other, 'event 7')).toMatchObject({ ok: false });
  expect(openSealed(sealed, other, 'event 7')).toMatchObject({ ok: false });
});

test('the same literals never look the same, and never as themselves', () => {
  const [a, b] = [sealLiterals(key, ['secret']), sealLiterals(key, ['secret'])];
  expect(a.data).not.toBe(b.data);
  expect(Buffer.from(a.data, 'base64url').includes('secret')).toBe(false);
});

test('too many literals are cut and say so, within what an event may hold', () => {
  const sealed = sealLiterals(key, ['a', '\u0001'.repeat(3_000_000), 'b']);
  expect(sealedSchema.safeParse(sealed).success).toBe(true);
  const opened = openSealed(sealed, key);
  expect(opened).toMatchObject({ ok: true, value: { truncated: true } });
  if (opened.ok) expect(opened.value.literals).toHaveLength(2);
});

test('a signing key is no recipient', async () => {
  await expect(createContentKey((await generateSigningKey()).public)).rejects.toThrow();
});
