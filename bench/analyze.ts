/** `npx tsx bench/analyze.ts`: what an uncached analysis of ordinary SQL costs, in microseconds. */
import os from 'node:os';
import postgres from 'postgres';
import { catalogOf } from '#core/catalog/lookup.ts';
import type { CatalogData } from '#core/catalog/snapshot.ts';
import { analyze, noSettings } from '#core/sql/analyze.ts';
import { defaultTextLimits } from '#core/sql/guard.ts';
import { normalize } from '#core/sql/normalize.ts';
import { loadParser, parseText } from '#core/sql/parse.ts';
import { readCatalog } from '#proxy/control/introspect.ts';
import { startPostgres } from '#scripts/postgres.ts';
import { throwAwayDir } from '#scripts/throw-away.ts';

const rounds = 3000;

/** One of each size people send; `#` is another number each time, so that nothing is a repetition. */
const statements: readonly (readonly [string, string])[] = [
  ['point read', 'SELECT id, sku, price FROM products WHERE id = #'],
  [
    'join and order',
    "SELECT o.id, c.email, o.total FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.status = 'paid' AND o.total > # ORDER BY o.created_at DESC LIMIT 50",
  ],
  [
    'aggregate',
    "SELECT status, count(*), sum(total), avg(total)::numeric(12,2), max(created_at) FROM orders WHERE created_at > now() - interval '# days' GROUP BY status HAVING count(*) > 1 ORDER BY 2 DESC",
  ],
  [
    'insert',
    "INSERT INTO orders (id, customer_id, total, status, created_at) VALUES (#, 2, 3, 'paid', now()) RETURNING id",
  ],
  ['update', "UPDATE orders SET status = 'refunded', total = total - # WHERE id = # AND status = 'paid' RETURNING *"],
  ['view', 'SELECT * FROM order_summary WHERE customer_id = #'],
  [
    'fifty lines',
    `WITH recent AS (
  SELECT o.id, o.customer_id, o.total, o.status, o.created_at,
    row_number() OVER (PARTITION BY o.customer_id ORDER BY o.created_at DESC) AS place
  FROM orders o
  WHERE o.created_at >= date_trunc('month', now()) - interval '12 months'
    AND o.status IN ('paid', 'shipped', 'refunded')
),
spending AS (
  SELECT
    r.customer_id,
    count(*) AS orders,
    sum(r.total) AS total,
    sum(CASE WHEN r.status = 'refunded' THEN r.total ELSE 0 END) AS refunded,
    max(r.created_at) AS latest
  FROM recent r
  WHERE r.place <= #
  GROUP BY r.customer_id
),
ranked AS (
  SELECT
    s.*,
    ntile(10) OVER (ORDER BY s.total DESC) AS decile,
    s.total - s.refunded AS net
  FROM spending s
)
SELECT
  c.id,
  c.city,
  c.region,
  upper(left(c.email, 1)) || '***' AS initial,
  r.orders,
  r.total,
  r.net,
  round(r.net / nullif(r.orders, 0), 2) AS average,
  r.decile,
  coalesce(
    (SELECT string_agg(DISTINCT p.name, ', ' ORDER BY p.name)
     FROM order_items i
     JOIN products p ON p.id = i.product_id
     JOIN orders o ON o.id = i.order_id
     WHERE o.customer_id = c.id AND p.price > 10),
    'nothing'
  ) AS bought,
  CASE
    WHEN r.decile = 1 THEN 'best'
    WHEN r.decile <= 3 THEN 'good'
    WHEN r.latest < now() - interval '90 days' THEN 'sleeping'
    ELSE 'ordinary'
  END AS segment
FROM ranked r
JOIN customers c ON c.id = r.customer_id
LEFT JOIN order_summary v ON v.customer_id = c.id AND v.orders > 1
WHERE r.net > # AND c.country IN ('PT', 'US', 'BE') AND c.region LIKE 'E%'
ORDER BY r.net DESC, c.id
LIMIT 100`,
  ],
];

const schema = `
CREATE TABLE customers (id int PRIMARY KEY, email text, name text, city text, region text, country text);
CREATE TABLE products (id int PRIMARY KEY, sku text, name text, price numeric);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers, total numeric, status text, created_at timestamptz);
CREATE TABLE order_items (id int PRIMARY KEY, order_id int REFERENCES orders, product_id int REFERENCES products, quantity int);
CREATE VIEW order_summary AS SELECT c.id AS customer_id, c.email, count(o.id) AS orders, sum(o.total) AS total
  FROM customers c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id, c.email;`;

async function benchCatalog(): Promise<CatalogData> {
  const server = await startPostgres({ dir: throwAwayDir('weir-bench-analyze-'), durable: false });
  const sql = postgres(server.url, { max: 1, onnotice: () => undefined, fetch_types: false });
  try {
    await sql.unsafe(schema).simple();
    return await readCatalog(async text => {
      const rows = (await sql.unsafe(text).raw()) as unknown as (Buffer | null)[][];
      return rows.map(row => row.map(cell => cell?.toString('utf8') ?? null));
    }, 'all');
  } finally {
    await sql.end();
    await server.stop();
  }
}

type Timing = { p50: number; p99: number };

function measure(run: (round: number) => void): Timing {
  for (let round = 0; round < 300; round++) run(round);
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const started = process.hrtime.bigint();
    run(round);
    times.push(Number(process.hrtime.bigint() - started) / 1000);
  }
  times.sort((a, b) => a - b);
  return { p50: times[Math.floor(rounds * 0.5)] ?? 0, p99: times[Math.floor(rounds * 0.99)] ?? 0 };
}

async function main(): Promise<void> {
  await loadParser();
  const catalog = catalogOf(await benchCatalog());
  console.log(
    `${os.cpus()[0]?.model ?? 'cpu'}, load ${os.loadavg()[0]?.toFixed(1)}; microseconds, ${rounds} rounds each`,
  );
  console.log(
    'statement'.padEnd(16),
    'parse p50'.padStart(10),
    'shape p50'.padStart(10),
    'all p50'.padStart(10),
    'all p99'.padStart(10),
  );
  for (const [name, template] of statements) {
    const text = (round: number): string => template.replaceAll('#', String(round + 1));
    const parse = measure(round => void parseText(text(round), defaultTextLimits));
    const shape = measure(round => void normalize(text(round)));
    const all = measure(round => {
      const analysis = analyze(text(round), catalog, noSettings);
      if (!analysis.ok) throw new Error(`${name}: ${analysis.refusal.message}`);
    });
    const cells = [parse.p50, shape.p50, all.p50, all.p99].map(value => value.toFixed(0).padStart(10));
    console.log(name.padEnd(16), ...cells);
  }
}

await main();
