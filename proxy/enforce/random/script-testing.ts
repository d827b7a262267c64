/** Random scripts of several steps, and what a client hears of each when it tries them on one of the twins. */
import { Draw } from '#core/sql/query-testing.ts';
import { fieldsOf, type Heard, say, WireClient } from '../../postgres/wire-testing.ts';
import type { Outcome } from '../attack-file.ts';
import { outcomeOf } from '../attack-testing.ts';
import type { Governed } from '../governed-testing.ts';
import type { RandomStatements } from './statement-testing.ts';
import { definitions, reads, session, transactions, wideWrites, writes } from './steps-testing.ts';

/** What scripts begin with. */
const own: readonly string[] = [
  'CREATE TABLE lab.a (id int, t text, n int, j jsonb)',
  'CREATE TABLE lab.b (id int PRIMARY KEY, t text, n int, j jsonb)',
  'CREATE TABLE lab.c (id int, t text, n int, j jsonb, g text GENERATED ALWAYS AS (upper(t)) STORED)',
  'CREATE TABLE lab.heir () INHERITS (lab.a)',
  'CREATE TABLE lab.par (id int, t text UNIQUE, n int, j jsonb)',
  'CREATE TABLE lab.kid (id int, t text REFERENCES lab.par (t) ON UPDATE CASCADE ON DELETE SET NULL, n int, j jsonb)',
  'CREATE TABLE lab.e (id int, t text, n int, j jsonb) PARTITION BY LIST (n)',
  'CREATE TABLE lab.e1 PARTITION OF lab.e FOR VALUES IN (1, 2)',
  'CREATE TABLE lab.e2 PARTITION OF lab.e DEFAULT',
  'CREATE TYPE lab.pair AS (t text, n int)',
  'CREATE TABLE lab.box (id int PRIMARY KEY, p lab.pair, r text[], t text DEFAULT NULL)',
  'INSERT INTO lab.box (id, p, r) SELECT g, ROW (g::text, g)::lab.pair, ARRAY[g::text] FROM generate_series(1, 4) g',
  "INSERT INTO lab.par SELECT g, 'p' || g, g, NULL FROM generate_series(1, 4) g",
  "INSERT INTO lab.kid SELECT g, 'p' || g, g, NULL FROM generate_series(1, 4) g",
  "INSERT INTO lab.e SELECT g, 'e' || g, g, NULL FROM generate_series(1, 4) g",
  ...['a', 'b', 'c'].map(
    name => `INSERT INTO lab.${name} SELECT g, '${name}' || g, g, to_jsonb(g) FROM generate_series(1, 4) g`,
  ),
  'CREATE VIEW lab.v AS SELECT id, t, n, j FROM lab.a',
  'CREATE VIEW lab.w AS SELECT s.id, s.t, s.n, s.j FROM lab.b s WHERE s.id > 1',
  'CREATE MATERIALIZED VIEW lab.m AS SELECT id, t, n, j FROM lab.v',
  'CREATE SEQUENCE lab.s',
  "CREATE FUNCTION lab.f(given int) RETURNS text LANGUAGE sql STABLE AS 'SELECT t FROM lab.a WHERE id = given'",
  "CREATE FUNCTION lab.g(given text) RETURNS text LANGUAGE sql AS 'SELECT upper($1)'",
  "CREATE FUNCTION lab.h() RETURNS TABLE (a int, b text) LANGUAGE sql AS 'SELECT id, t FROM lab.b'",
  "CREATE FUNCTION lab.fire() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.t := upper(NEW.t); RETURN NEW; END'",
  "CREATE PROCEDURE lab.p(INOUT x text) LANGUAGE sql AS 'SELECT upper(x)'",
];
const temporary = 'CREATE TEMP TABLE tmp AS SELECT id, t, n, j FROM lab.c WHERE id < 3';

/** Beside `odd`: what has constraints, is referred to, and is seen through a view. */
export const scriptSchema = `
CREATE TABLE kin (id int PRIMARY KEY, m_code text UNIQUE, m_rank int CHECK (m_rank > -1000), o_word text DEFAULT 'w', o_rank int);
CREATE TABLE tie (id int PRIMARY KEY, m_code text REFERENCES kin (m_code) ON UPDATE CASCADE ON DELETE SET NULL, o_note text);
CREATE VIEW glance AS SELECT id, m_code AS code, o_word AS word FROM kin;
CREATE SCHEMA lab;
CREATE MATERIALIZED VIEW still AS SELECT id, code, word FROM glance WITH NO DATA;
CREATE FUNCTION loud(x text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT upper(x)';
CREATE TABLE figure (id int, m_code text, g text GENERATED ALWAYS AS (loud(m_code)) STORED);
${own.join(';\n')};`;
export const scriptLabels = ['kin.m_code', 'kin.m_rank', 'tie.m_code', 'figure.m_code'];
export const scriptRows = (twin: 0 | 1): string =>
  [1, 2, 3, 4]
    .map(id => {
      const [code, rank] = [`'${twin === 0 ? 'amber' : 'basalt'}-${id}'`, twin === 0 ? id * 7 : 90 - id * id];
      return `INSERT INTO kin VALUES (${id}, ${code}, ${rank}, 'word ${id}', ${id}); INSERT INTO tie VALUES (${id}, ${code}, 'n');`;
    })
    .concat('INSERT INTO figure SELECT id, m_code FROM kin; REFRESH MATERIALIZED VIEW still;')
    .join('\n');

/** Committed scripts work in a schema of their own, for what was copied once stays labelled by its name. */
export type Script = { isRolledBack: boolean; steps: { text: string; form: string; session: 0 | 1 }[] };

function formsFor(draw: Draw, isRolledBack: boolean): readonly string[] {
  const kind = draw.below(100);
  if (kind < 25) return definitions;
  if (kind < 50) return writes;
  if (kind < 85) return reads;
  if (kind < 94) return session;
  return isRolledBack ? wideWrites : transactions;
}

/** One step for each list of numbers; the first number of all says what kind of script it is. */
export function scriptOf(random: RandomStatements, numbers: readonly (readonly number[])[], run: number): Script {
  const isRolledBack = (numbers[0]?.[0] ?? 0) % 4 !== 0;
  const lab = (text: string) => (isRolledBack ? text : text.replaceAll('lab', `lab${run}`));
  const steps = numbers.map(each => {
    const draw = new Draw(each);
    draw.below(2);
    const forms = formsFor(draw, isRolledBack);
    const heat = draw.of([0, 0, 25, 60, 80]);
    const form = draw.of(forms);
    const text = random.draw(draw, [form], { maskedPercent: heat, depthMax: 1 });
    return { text: lab(text), form, session: (!isRolledBack && draw.chance(30) ? 1 : 0) as 0 | 1 };
  });
  const begin = isRolledBack ? [temporary] : ['CREATE SCHEMA lab', own.join('; '), temporary];
  const first = begin.map(text => ({ text: lab(text), form: 'start', session: 0 as const }));
  return { isRolledBack, steps: [...first, ...steps] };
}

/** What the server numbers for itself: temporary schemas, processes, and objects that only this twin has made. */
function told({ type, body }: Heard): string {
  const bytes = Buffer.from(body);
  if (type === 'A') bytes.writeInt32BE(0, 0);
  if (type === 'T') hideIdentifiers(bytes);
  return `${type} ${bytes.toString('latin1').replace(/(pg_(?:toast_)?temp_|pg_toast_)\d+/g, '$1')}`;
}

const firstUserOid = 16_384;
function hideIdentifiers(bytes: Buffer): void {
  let at = 2;
  for (let left = bytes.readUInt16BE(0); left > 0; left -= 1) {
    at = bytes.indexOf(0, at) + 1;
    for (const place of [at, at + 6]) if (bytes.readUInt32BE(place) >= firstUserOid) bytes.writeUInt32BE(0, place);
    at += 18;
  }
}

export type Told = { outcome: Outcome; said: string; problem: string };

/** Two sessions of one identity with one of the twins. */
export class Scripter {
  readonly #proxy: Governed;
  #clients: WireClient[] = [];

  constructor(proxy: Governed) {
    this.#proxy = proxy;
  }

  async begin({ isRolledBack }: Script): Promise<void> {
    this.#clients = [await WireClient.through(this.#proxy.port)];
    if (!isRolledBack) this.#clients.push(await WireClient.through(this.#proxy.port));
    // Whoever reads the catalog meanwhile holds locks for a moment; two sessions of a script may wait for each other.
    const timeout = isRolledBack ? '5s' : '300ms';
    for (const client of this.#clients) await client.ask(say.query(`SET lock_timeout = '${timeout}'`));
    if (isRolledBack) await this.#clients[0]?.ask(say.query('BEGIN'));
  }

  async step({ isRolledBack }: Script, step: Script['steps'][number]): Promise<Told> {
    const client = this.#clients[step.session];
    if (client === undefined) throw new Error('no such session');
    const isMarked = isRolledBack && !/^(SAVEPOINT|ROLLBACK|RELEASE)/.test(step.text);
    if (isMarked) await client.ask(say.query('SAVEPOINT before'));
    const since = this.#proxy.recorder.events.length;
    const isCopyIn = /^COPY .* FROM STDIN/.test(step.text);
    const lines = isCopyIn ? [say.copyData('1\tx\n60\tA%\n'), say.copyDone] : [];
    const heard = await client.ask(say.query(step.text), ...lines);
    const errors = heard.filter(({ type }) => type === 'E').map(({ body }) => fieldsOf(body));
    if (errors.length > 0 && isRolledBack)
      await client.ask(say.query(isMarked ? 'ROLLBACK TO before' : 'ROLLBACK; BEGIN'));
    const problem = errors.map(({ C, M, D }) => `${C} ${M} ${D ?? ''}`).join('; ');
    return { outcome: outcomeOf(errors, this.#proxy, since), said: heard.map(told).join('\n'), problem };
  }

  async end(): Promise<void> {
    for (const client of this.#clients) {
      await client.ask(say.query('ROLLBACK'));
      client.send(say.terminate);
    }
    this.#clients = [];
  }
}
