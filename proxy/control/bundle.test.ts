/** Which bundle is in force: signed by a pinned key, never older, never expired, and there again after a restart. */
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BundleStore } from './bundle.ts';
import { type Installation, makeInstallation } from './bundle-testing.ts';

let directory: string;
let here: Installation;
let nowMs: number;
const store = () =>
  new BundleStore({ directory, keys: here.bundleKeys, clock: { nowMs: () => nowMs, nowUs: () => 0 } });

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'weir-bundle-'));
  nowMs = Date.now();
  here = await makeInstallation(nowMs);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('bundle store', () => {
  it('refuses to decide without a bundle', () => {
    expect(store().current()).toMatchObject({ ok: false, error: { code: 'bundle_missing' } });
  });

  it('takes a newer bundle and no older one', async () => {
    const bundles = store();
    const [first, second] = [await here.sign(here.bundle()), await here.sign(here.bundle({ policyVersion: 9 }))];
    const seen: number[] = [];
    bundles.onApplied(applied => seen.push(applied.bundle.version));
    expect((await bundles.apply(second)).ok).toBe(true);
    expect(await bundles.apply(first)).toMatchObject({ ok: false, error: { code: 'conflict' } });
    expect(bundles.current()).toMatchObject({ ok: true, value: { bundle: { version: 2, policyVersion: 9 } } });
    expect(seen).toEqual([2]);
  });

  it('takes a longer life of the same version', async () => {
    const bundles = store();
    const value = here.bundle();
    await bundles.apply(await here.sign(value));
    await bundles.apply(await here.sign({ ...value, expiresAt: value.expiresAt + 1000 }));
    nowMs = value.expiresAt + 500;
    expect(bundles.current().ok).toBe(true);
  });

  it('refuses another signer, a changed payload, and what has expired', async () => {
    const bundles = store();
    const stranger = await makeInstallation(nowMs);
    expect((await bundles.apply(await stranger.sign(stranger.bundle()))).ok).toBe(false);
    const signed = await here.sign(here.bundle());
    const payload = Buffer.from(signed.payload, 'base64url').toString().replace('dev@example.com', 'evil@example.com');
    expect((await bundles.apply({ ...signed, payload: Buffer.from(payload).toString('base64url') })).ok).toBe(false);
    const expired = await bundles.apply(await here.sign(here.bundle({ expiresAt: nowMs })));
    expect(expired).toMatchObject({ ok: false, error: { code: 'bundle_expired' } });
    expect(bundles.current().ok).toBe(false);
  });

  it('stops deciding when the bundle expires', async () => {
    const bundles = store();
    await bundles.apply(await here.sign(here.bundle({ expiresAt: nowMs + 1000 })));
    nowMs += 999;
    expect(bundles.current().ok).toBe(true);
    nowMs += 1;
    expect(bundles.current()).toMatchObject({ ok: false, error: { code: 'bundle_expired' } });
  });

  it('is there again after a restart, also for not going back', async () => {
    const old = await here.sign(here.bundle());
    const value = here.bundle();
    await store().apply(await here.sign(value));
    const again = store();
    expect((await again.load()).ok).toBe(true);
    expect(again.current()).toMatchObject({ ok: true, value: { bundle: { version: 2 } } });
    nowMs = value.expiresAt + 1;
    const late = store();
    expect((await late.load()).ok).toBe(true);
    expect(late.current()).toMatchObject({ ok: false, error: { code: 'bundle_expired' } });
    expect(await late.apply(old)).toMatchObject({ ok: false, error: { code: 'conflict' } });
    expect(statSync(join(directory, 'bundle.json')).mode & 0o077).toBe(0);
  });

  it('takes a damaged file for none', async () => {
    await store().apply(await here.sign(here.bundle()));
    for (const content of ['', '{}', 'not JSON']) {
      writeFileSync(join(directory, 'bundle.json'), content);
      const bundles = store();
      expect((await bundles.load()).ok).toBe(false);
      expect(bundles.current().ok).toBe(false);
    }
  });

  it('decides nothing once revoked, not even after a restart', async () => {
    const bundles = store();
    await bundles.apply(await here.sign(here.bundle()));
    bundles.revoke('lost');
    expect(bundles.current()).toMatchObject({ ok: false, error: { message: expect.stringContaining('lost') } });
    const again = store();
    await again.load();
    expect(again.current().ok).toBe(false);
  });

  it('is in force also when the disk does not take it, and then nothing older is there after a restart', async () => {
    const reasons: string[] = [];
    const bundles = new BundleStore({
      directory,
      keys: here.bundleKeys,
      clock: { nowMs: () => nowMs, nowUs: () => 0 },
      onNotKept: reason => reasons.push(reason),
    });
    await bundles.apply(await here.sign(here.bundle()));
    const draft = join(directory, `bundle.json.${process.pid}.new`);
    mkdirSync(draft);
    const next = await here.sign(here.bundle({ revokedTokens: ['00000000-0000-4000-8000-00000000000a'] }));
    await bundles.apply(next);
    const current = bundles.current();
    expect(current.ok && current.value.isRevoked('00000000-0000-4000-8000-00000000000a')).toBe(true);
    expect(reasons).toHaveLength(1);
    const again = store();
    await again.load();
    expect(again.current()).toMatchObject({ ok: false, error: { code: 'bundle_missing' } });
    rmSync(draft, { recursive: true });
    await bundles.apply(next);
    await again.load();
    expect(again.current()).toMatchObject({ ok: true, value: { bundle: { version: 2 } } });
  });

  it('keeps the one in force when the next cannot be prepared', async () => {
    let works = true;
    const bundles = new BundleStore({
      directory,
      keys: here.bundleKeys,
      clock: { nowMs: () => nowMs, nowUs: () => 0 },
      prepare: () => (works ? Promise.resolve() : Promise.reject(new Error('no disk'))),
    });
    await bundles.apply(await here.sign(here.bundle()));
    works = false;
    await expect(bundles.apply(await here.sign(here.bundle()))).rejects.toThrow('no disk');
    expect(bundles.current()).toMatchObject({ ok: true, value: { bundle: { version: 1 } } });
  });
});
