/** CSV cells: no formula, no broken row, and what went in comes out. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { csvCell, csvLine } from './csv.ts';

/** RFC 4180, read by somebody else's rules. */
function parse(text: string): string[] {
  const cells: string[] = [];
  for (let at = 0; at < text.length; ) {
    if (text[at] === '"') {
      let cell = '';
      for (at += 1; ; at += 1) {
        if (text[at] !== '"') cell += text[at];
        else if (text[at + 1] === '"') cell += text[at++];
        else break;
      }
      cells.push(cell);
      at += 1;
    } else {
      const end = text.slice(at).search(/,|\r\n/);
      cells.push(text.slice(at, at + end));
      at += end;
    }
    at += text[at] === ',' ? 1 : 2;
    if (text[at - 1] === ',' && text.slice(at).startsWith('\r\n')) {
      cells.push('');
      at += 2;
    }
  }
  return cells;
}

it('never begins a text cell with what a spreadsheet calculates', () => {
  for (const start of ['=', '+', '-', '@', '\t', '\r', '\0=', ' =', '\n=', '＝'])
    expect(parse(csvLine([`${start}cmd|' /C calc'!A0`]))[0]).toMatch(/^'/);
  expect(csvCell(-5)).toBe('-5');
});

it('brings every text back, but for the apostrophe', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 5 }), cells => {
      const back = parse(csvLine(cells));
      expect(back).toHaveLength(cells.length);
      for (const [at, cell] of back.entries()) expect([cells[at], `'${cells[at]}`]).toContain(cell);
    }),
  );
});
