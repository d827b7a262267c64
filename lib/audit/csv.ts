/** CSV that spreadsheets take as data: RFC 4180, and nothing in it is a formula (OWASP: CSV injection). */

/** What makes a spreadsheet calculate, also after the characters it skips. */
const formulaStart = /^[\s\0]*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/;

/** Text that could be a formula gets a leading apostrophe; numbers, times and booleans cannot be one. */
export function csvCell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (value instanceof Date) return value.toISOString();
  const text = Array.isArray(value)
    ? value.join(' ')
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value);
  const safe = formulaStart.test(text) ? `'${text}` : text;
  return /["',;\t\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const csvLine = (cells: readonly unknown[]): string => `${cells.map(csvCell).join(',')}\r\n`;
