/** A plain table: a title, a header row, rows; the first column to the left, numbers to the right. */
export function printTable(title: string, rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => (row[column] ?? '').length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ');
  const [header = [], ...body] = rows;
  console.log(`\n${title}\n${line(header)}\n${widths.map(width => '-'.repeat(width)).join('  ')}`);
  for (const row of body) console.log(line(row));
}
