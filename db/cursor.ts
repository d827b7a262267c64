/** The rows of a query a part at a time, on a connection of its own and without the time limit of ordinary statements. */
import { openDedicated, type Sql } from './client.ts';

export async function* rowsInParts(
  pool: Sql,
  query: { sql: string; params: readonly unknown[] },
  rowsPerPart: number,
): AsyncGenerator<unknown[][], void> {
  const connection = openDedicated(pool);
  try {
    await connection.ask('begin read only');
    await connection.ask('set local statement_timeout = 0');
    // Else it is planned for its first rows.
    await connection.ask('set local cursor_tuple_fraction = 1');
    await connection.ask(`declare part no scroll cursor for ${query.sql}`, query.params);
    for (;;) {
      const rows = await connection.ask(`fetch ${rowsPerPart} from part`, [], { isArrays: () => true });
      const isLast = rows.length < rowsPerPart;
      if (rows.length > 0) yield rows as unknown[][];
      if (isLast) return;
    }
  } finally {
    await connection.close();
  }
}
