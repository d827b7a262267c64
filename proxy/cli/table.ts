/** Rows as an aligned table, the way psql prints them. */
import type { Column } from './wire-client.ts';

/** Numbers stand on the right: int2, int4, int8, oid, float4, float8, numeric, money. */
const numeric = new Set([20, 21, 23, 26, 700, 701, 790, 1700]);

const cellLines = (value: string | null): string[] => printable(value ?? '').split('\n');

/** Control characters would move the cursor or change colours: shown as escapes. Line feeds make lines. */
export function printable(value: string): string {
  return value.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g,
    character => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

/** Columns that a terminal gives to a text: wide characters take two, combining ones none. */
export function widthOf(value: string): number {
  let width = 0;
  for (const character of value) {
    if (/\p{Mark}/u.test(character)) continue;
    const code = character.codePointAt(0) ?? 0;
    const isWide =
      (code >= 0x1100 && code <= 0x115f) ||
      (code >= 0x2e80 && code <= 0xa4cf) ||
      (code >= 0xac00 && code <= 0xd7a3) ||
      (code >= 0xf900 && code <= 0xfaff) ||
      (code >= 0xfe30 && code <= 0xfe6f) ||
      (code >= 0xff00 && code <= 0xff60) ||
      (code >= 0x1f300 && code <= 0x1faff) ||
      (code >= 0x20000 && code <= 0x3fffd);
    width += isWide ? 2 : 1;
  }
  return width;
}

/** Rows held back to find the widths of the columns. A longer result goes on with the widths of its beginning. */
const measuredMax = 2_000;

/** Takes rows as they come and writes lines; memory stays flat however many rows there are. */
export class TablePrinter {
  private held: (readonly (string | null)[])[] = [];
  private widths: number[] | null = null;
  private count = 0;

  constructor(
    private readonly columns: readonly Column[],
    private readonly write: (text: string) => void,
  ) {}

  row(row: readonly (string | null)[]): void {
    this.count += 1;
    if (this.widths) this.write(this.lines(row, this.widths));
    else if (this.held.push(row) >= measuredMax) this.release();
  }

  end(): void {
    this.release();
    this.write(`(${this.count} ${this.count === 1 ? 'row' : 'rows'})\n`);
  }

  private release(): void {
    if (this.widths) return;
    const names = this.columns.map(column => printable(column.name));
    const widths = names.map((name, index) =>
      Math.max(widthOf(name), ...this.held.flatMap(row => cellLines(row[index] ?? null).map(widthOf))),
    );
    const header = names.map((name, index) => ` ${centred(name, widths[index] ?? 0)} `).join('|');
    this.write(`${header.trimEnd()}\n${widths.map(width => '-'.repeat(width + 2)).join('+')}\n`);
    for (const row of this.held) this.write(this.lines(row, widths));
    this.widths = widths;
    this.held = [];
  }

  private lines(row: readonly (string | null)[], widths: readonly number[]): string {
    const cells = this.columns.map((_, index) => cellLines(row[index] ?? null));
    return `${bodyLines(cells, this.columns, widths).join('\n')}\n`;
  }
}

function bodyLines(row: readonly string[][], columns: readonly Column[], widths: readonly number[]): string[] {
  const height = Math.max(1, ...row.map(lines => lines.length));
  return Array.from({ length: height }, (_, line) =>
    columns
      .map((column, index) => {
        const text = row[index]?.[line] ?? '';
        const padding = ' '.repeat(Math.max(0, (widths[index] ?? 0) - widthOf(text)));
        const continues = line + 1 < (row[index]?.length ?? 0) ? '+' : ' ';
        return numeric.has(column.typeOid) ? ` ${padding}${text}${continues}` : ` ${text}${padding}${continues}`;
      })
      .join('|')
      .trimEnd(),
  );
}

function centred(value: string, width: number): string {
  const space = width - widthOf(value);
  const left = Math.floor(space / 2);
  return `${' '.repeat(left)}${value}${' '.repeat(space - left)}`;
}
