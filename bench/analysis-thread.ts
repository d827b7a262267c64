/** The thread in which analyses are timed, of the size that the proxy gives to its own. */
import { parentPort, workerData } from 'node:worker_threads';
import { catalogOf } from '#core/catalog/lookup.ts';
import type { CatalogData } from '#core/catalog/snapshot.ts';
import { analyze, noSettings } from '#core/sql/analyze.ts';
import { defaultTextLimits } from '#core/sql/guard.ts';
import { normalize } from '#core/sql/normalize.ts';
import { loadParser, parseText } from '#core/sql/parse.ts';

const warmUp = 500;
const rounds = 500;
const repeats = 8;

export type Analysed = { rows: string[][]; rounds: number; repeats: number };

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

type Timing = { p50: number; p99: number };

/** Time as it passes, of the run that was disturbed least: on a busy machine the slowest hundredth is whoever else ran. */
function measure(run: (round: number) => void): Timing {
  for (let round = 0; round < warmUp; round++) run(round);
  const timings = Array.from({ length: repeats }, () => timingOf(run));
  return { p50: Math.min(...timings.map(({ p50 }) => p50)), p99: Math.min(...timings.map(({ p99 }) => p99)) };
}

function timingOf(run: (round: number) => void): Timing {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const started = process.hrtime.bigint();
    run(round);
    times.push(Number(process.hrtime.bigint() - started) / 1000);
  }
  times.sort((a, b) => a - b);
  return { p50: times[Math.floor(rounds * 0.5)] ?? 0, p99: times[Math.floor(rounds * 0.99)] ?? 0 };
}

await loadParser();
const catalog = catalogOf(workerData as CatalogData);
const rows = statements.map(([name, template]) => {
  const text = (round: number): string => template.replaceAll('#', String(round + 1));
  const parse = measure(round => void parseText(text(round), defaultTextLimits));
  const shape = measure(round => void normalize(text(round)));
  const all = measure(round => {
    const analysed = analyze(text(round), catalog, noSettings);
    if (!analysed.ok) throw new Error(`${name}: ${analysed.refusal.message}`);
  });
  return [name, ...[parse.p50, shape.p50, all.p50, all.p99].map(value => value.toFixed(0))];
});
parentPort?.postMessage({ rows, rounds, repeats } satisfies Analysed);
