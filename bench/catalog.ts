/** A real server's catalog, and its answers byte for byte: what the benchmarks inside one process rest on. */
import postgres from 'postgres';
import type { CatalogData } from '#core/catalog/snapshot.ts';
import { oneByOne, type QueryPort, readCatalog } from '#proxy/control/introspect.ts';

export const benchSchema = `
CREATE TABLE customers (id int PRIMARY KEY, email text, name text, city text, region text, country text);
CREATE TABLE products (id int PRIMARY KEY, sku text, name text, price numeric);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers, total numeric, status text, created_at timestamptz);
CREATE TABLE order_items (id int PRIMARY KEY, order_id int REFERENCES orders, product_id int REFERENCES products, quantity int);
CREATE VIEW order_summary AS SELECT c.id AS customer_id, c.email, count(o.id) AS orders, sum(o.total) AS total
  FROM customers c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id, c.email;
INSERT INTO products SELECT n, 'sku-' || n, 'Product ' || n, n FROM generate_series(1, 1000) n;`;

export async function readBenchCatalog(url: string): Promise<CatalogData> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined, fetch_types: false });
  try {
    await sql.unsafe(benchSchema).simple();
    const query: QueryPort = async text => {
      const rows = (await sql.unsafe(text).raw()) as unknown as (Buffer | null)[][];
      return rows.map(row => row.map(cell => cell?.toString('utf8') ?? null));
    };
    return await readCatalog(oneByOne(query), 'all');
  } finally {
    await sql.end();
  }
}
