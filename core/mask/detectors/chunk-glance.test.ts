/** What is let go unseen holds nothing: against every kind of find, wherever it stands, and against the definition byte by byte. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkGlance, chunkGlance } from './chunk-glance.ts';
import { windowBytes } from './glance-module.ts';
import { type DetectorKind, detectorKinds, kindBits } from './kinds.ts';
import { scannerFor } from './scan.ts';
import { harmless, randomFrom, valid } from './testing.ts';

/** Too short and too loose to be told by runs of bytes. */
const isLoose = (kind: DetectorKind): boolean => kind === 'email' || kind === 'phone';
const strict = detectorKinds.filter(kind => !isLoose(kind));

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const filler = bytesOf('it says, again: nothing. '.repeat(400));

function opened(chunk: Uint8Array, end = chunk.length): ChunkGlance {
  const glance = new ChunkGlance();
  glance.open(chunk, end);
  return glance;
}

function chunkWith(value: Uint8Array, at: number): Uint8Array {
  const chunk = filler.slice();
  chunk.set(value, at);
  return chunk;
}

describe.each(strict)('%s', kind => {
  it('is seen at any place of a chunk', () => {
    fc.assert(
      fc.property(valid[kind], fc.nat(300), fc.nat(300), (text, from, at) => {
        const value = bytesOf(text);
        const start = from + at;
        const chunk = chunkWith(value, start);
        const glance = opened(chunk);
        // Known from there, so that the value stands anywhere in what was looked at together.
        glance.mayHold(chunk, from, start);
        expect(glance.mayHold(chunk, start, start + value.length)).toBe(true);
      }),
    );
  });
});

/** Where one of the patterns ends, by their definition. */
function endsOf(text: string): Set<number> {
  const ends = new Set<number>();
  for (const pattern of [/(?<=[0-9 -]{11})/g, /(?<=[A-Za-z0-9_\-./+=]{20})/g, /(?<=[A-Za-z]{2}[0-9]{2})/g])
    for (const { index } of text.matchAll(pattern)) ends.add(index - 1);
  return ends;
}

it('sees what its definition says, and nothing else', () => {
  const piece = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.constantFrom('aB', '09', ' ', '-', '_', ',', '\0', '/', '+', '=', '.', ':', '@', '`', '{', '['),
    },
    fc.stringMatching(/^[0-9 -]{8,12}$/),
    fc.stringMatching(/^[A-Za-z0-9_./+=-]{17,22}$/),
    fc.stringMatching(/^[a-z]{2}[0-9]{1,2}$/),
  );
  const range = fc.tuple(fc.nat(5000), fc.nat(80));
  fc.assert(
    fc.property(
      fc.array(piece, { minLength: 30, maxLength: 300 }),
      fc.array(range, { minLength: 20 }),
      (pieces, ranges) => {
        const text = pieces.join('').repeat(60).slice(0, 5100).padEnd(5100, '#');
        const chunk = Buffer.from(text, 'latin1');
        const ends = endsOf(text);
        const glance = opened(chunk);
        glance.mayHold(chunk, 0, 1);
        for (const [start, length] of ranges) {
          const expected = [...ends].some(end => end >= start && end < start + length);
          expect(glance.mayHold(chunk, start, start + length), `${start} ${length}`).toBe(expected);
        }
      },
    ),
    { numRuns: 60 },
  );
});

it('looks on where its window ends, and back where it began later', () => {
  const size = 2 * windowBytes + 10_000;
  const secret = bytesOf('4111 1111 1111 1111');
  for (const at of [0, 40, windowBytes - 10, windowBytes, 2 * windowBytes - 3, size - 6000]) {
    const chunk = new Uint8Array(size).fill(0x2c);
    chunk.set(secret, at);
    const glance = opened(chunk);
    const seen: number[] = [];
    for (let start = 0; start + 20 <= size; start += 20) if (glance.mayHold(chunk, start, start + 20)) seen.push(start);
    // At its end there is too little to be looked at: everything may be something.
    const last = Math.floor((size - 4096) / 20) * 20;
    expect(seen.filter(start => start < last)).toEqual(
      [...new Set([Math.floor((at + 10) / 20) * 20, Math.floor((at + 18) / 20) * 20])].filter(start => start < last),
    );
    expect(glance.mayHold(chunk, at, at + secret.length)).toBe(true);
    expect(glance.mayHold(chunk, 0, size)).toBe(true);
  }
});

it('knows nothing of other bytes, of bytes behind the end, and of a chunk that is closed', () => {
  const glance = opened(filler, 8000);
  expect(glance.mayHold(filler, 0, 100)).toBe(false);
  expect(glance.mayHold(filler.slice(), 0, 100)).toBe(true);
  expect(glance.mayHold(filler, 7990, 8010)).toBe(true);
  glance.close();
  expect(glance.mayHold(filler, 0, 100)).toBe(true);
  const small = filler.slice(0, 4000);
  glance.open(small, small.length);
  expect(glance.mayHold(small, 0, 100)).toBe(true);
});

it('takes a chunk anew that is opened again with other bytes', () => {
  const chunk = filler.slice();
  const glance = opened(chunk);
  expect(glance.mayHold(chunk, 100, 200)).toBe(false);
  chunk.set(bytesOf('4111111111111111'), 120);
  glance.open(chunk, chunk.length);
  expect(glance.mayHold(chunk, 100, 200)).toBe(true);
});

it('changes nothing of what is found', () => {
  const random = randomFrom(7);
  const scanner = scannerFor(kindBits(strict));
  const texts = fc.sample(fc.oneof(...detectorKinds.map(kind => valid[kind])), { numRuns: 400, seed: 5 });
  const values = [...texts, ...harmless(random)].map(bytesOf);
  const chunk = Buffer.concat(values.flatMap(value => [value, Buffer.from([0, 0, 0, 41])]));
  const findsIn = (): string[] => {
    const finds: string[] = [];
    let at = 0;
    for (const { length } of values) {
      const text = { bytes: chunk, start: at, end: at + length };
      scanner.scan(text, { found: (kind, from, to) => finds.push(`${kind} ${from} ${to}`) });
      at += length + 4;
    }
    return finds;
  };
  const expected = findsIn();
  chunkGlance.open(chunk, chunk.length);
  try {
    expect(findsIn()).toEqual(expected);
  } finally {
    chunkGlance.close();
  }
  expect(expected.length).toBeGreaterThan(200);
});
