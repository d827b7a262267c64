/**
 * For tests: the twin databases that attacks are tried on, which differ in masked values alone. Whatever a client can tell apart through
 * the proxy is a leak, however it was learned: from rows, errors, counts, plans or the order of things.
 */
import fs from 'node:fs';
import postgres from 'postgres';
import { type Policy, policySchema } from '#core/policy/schema.ts';
import { type TestDatabase, targetDatabase } from '#db/testing.ts';
import { until } from '#scripts/wait.ts';
import { fieldsOf, type Heard, say, WireClient } from '../postgres/wire-testing.ts';
import type { Attack, Outcome } from './attack-file.ts';
import { type Governed, startGoverned, type TestLabels } from './governed-testing.ts';

const folder = new URL('./attacks/', import.meta.url);
const readText = (name: string): string => fs.readFileSync(new URL(name, folder), 'utf8');

/** `«one|other»` by twin. */
const rowsOf = (twin: 0 | 1): string =>
  readText('rows.sql').replace(/«([^|»]*)\|([^»]*)»/g, (_, one: string, other: string) => (twin === 0 ? one : other));

const masked: Readonly<Record<string, string>> = {
  people: 'email name ssn born salary bonus score grade address seen tags doc raw page stay term active',
  accounts: 'iban balance',
  badges: 'person_ssn',
  rooms: 'during',
  events: 'payload',
  staff: 'pay',
  diary: 'entry',
  bands: 'pay',
  passes: 'code tag',
  visits: 'pass',
  keepsakes: 'thing',
  stamps: 'code',
  letters: 'stamp',
  plates: 'plate',
  cards: 'pin',
  ranks: 'points',
  vouchers: 'code',
};

const labels: TestLabels = Object.fromEntries(
  Object.entries(masked).flatMap(([relation, columns]) =>
    columns.split(' ').map(column => [`public.${relation}.${column}`, 'pii.free_text']),
  ),
);

const policy = (document: unknown): Policy => policySchema.parse(document);

const masking = policy({
  name: 'masking',
  rules: [{ id: 'confidential', effect: 'mask', objects: { level: 'confidential' }, mask: { kind: 'redact' } }],
});
const everywhere = { schemas: ['public', 'lab', 'pg_temp*'] };
const system = { id: 'catalogs', effect: 'allow', actions: ['read'], objects: { system: true } };
const reader = policy({
  name: 'reader',
  rules: [
    { id: 'connects', effect: 'allow', actions: ['connect'] },
    { id: 'reads', effect: 'allow', actions: ['read'], objects: everywhere },
    system,
    { id: 'settings', effect: 'allow', actions: ['session'] },
  ],
});
const writer = policy({
  name: 'writer',
  rules: [
    { id: 'connects', effect: 'allow', actions: ['connect'] },
    {
      id: 'works',
      effect: 'allow',
      actions: ['read', 'write', 'define', 'drop', 'maintain', 'lock', 'call'],
      objects: everywhere,
    },
    system,
    { id: 'settings', effect: 'allow', actions: ['session'] },
  ],
});

export type Twins = {
  /** Of reader and writer, by twin. */
  proxies: Readonly<Record<Attack['as'], readonly Governed[]>>;
  databases: readonly TestDatabase[];
  close(): Promise<void>;
};

/** Twins are made of one database, so what is in it has the same identifiers in both. */
export async function placesIn({ url }: TestDatabase) {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  const rows = await sql<{ name: string; oid: number; attnum: number }[]>`
    select n.nspname || '.' || c.relname || '.' || a.attname as name, c.oid::int8::int as oid, a.attnum::int as attnum
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and a.attnum > 0`;
  await sql.end({ timeout: 5 });
  return Object.fromEntries(rows.map(({ name, oid, attnum }) => [name, { relationOid: oid, attnum }]));
}

export async function startTwins(): Promise<Twins> {
  const schema = await targetDatabase({ sql: readText('world.sql') });
  const databases = [
    await targetDatabase({ like: schema, sql: rowsOf(0) }),
    await targetDatabase({ like: schema, sql: rowsOf(1) }),
  ];
  const places = await placesIn(schema);
  const governed = (policies: readonly Policy[]) =>
    Promise.all(databases.map(({ url }) => startGoverned({ upstreamUrl: url, policies, labels, places })));
  const proxies = { reader: await governed([masking, reader]), writer: await governed([masking, writer]) };
  const close = async () => {
    for (const proxy of [...proxies.reader, ...proxies.writer]) await proxy.close();
  };
  return { proxies, databases, close };
}

/** Everything that only one of the twins holds, in the forms a value can take on its way out. */
export function canaries(): string[] {
  const values = [...readText('rows.sql').matchAll(/«([^|»]*)\|/g)].map(match => match[1] ?? '');
  const world = readText('world.sql');
  const words = values
    .flatMap(value => value.split(/[{},()[\]]/))
    .filter(word => word.length >= 5 && !/^[\d.]{1,5}$/.test(word) && word !== 'false' && !world.includes(word));
  return [...new Set(words)].flatMap(word => [
    word,
    word.toUpperCase(),
    [...word].reverse().join(''),
    Buffer.from(word).toString('hex'),
    Buffer.from(word).toString('base64').replace(/=+$/, '').slice(0, -1),
  ]);
}

export type Answer = { outcome: Outcome; bytes: Buffer; problem: string };

/** The server's own errors say where they come from, or that their words are withheld. */
const isServers = (fields: Record<string, string>): boolean =>
  fields.R !== undefined || fields.D?.includes('withheld') === true;

export function outcomeOf(errors: readonly Record<string, string>[], proxy: Governed, since: number): Outcome {
  if (errors.length > 0) return errors.every(isServers) ? 'failed' : 'refused';
  const recorded = proxy.recorder.events.slice(since);
  return recorded.some(({ type, effect }) => type === 'statement.decided' && effect === 'mask') ? 'masked' : 'open';
}

/** A connection to attack over. What one attempt leaves behind is cleared before the next. */
export class Attacker {
  readonly #proxy: Governed;
  readonly #client: WireClient;
  private constructor(proxy: Governed, client: WireClient) {
    this.#proxy = proxy;
    this.#client = client;
  }

  static async of(proxy: Governed): Promise<Attacker> {
    return new Attacker(proxy, await WireClient.through(proxy.port));
  }

  /** Sends the messages one by one. */
  async attempt(messages: readonly Uint8Array[][]): Promise<Answer> {
    const { recorder } = this.#proxy;
    const since = recorder.events.length;
    const heard: Heard[] = [];
    const bytes: Buffer[] = [];
    for (const message of messages) {
      heard.push(...(await this.#client.ask(...message)));
      bytes.push(this.#client.received);
    }
    const errors = heard.filter(({ type }) => type === 'E').map(({ body }) => fieldsOf(body));
    const problem = errors.map(({ C, M }) => `${C} ${M}`).join('; ');
    const outcome = outcomeOf(errors, this.#proxy, since);
    await this.#client.ask(say.query('rollback; close all; deallocate all'));
    return { outcome, bytes: Buffer.concat(bytes), problem };
  }

  async end(): Promise<void> {
    this.#client.send(say.terminate);
    await until('the session to end', () => this.#client.isClosed, { timeoutMs: 10_000, everyMs: 2 });
  }
}

export const simply = (messages: readonly string[]): Uint8Array[][] => messages.map(text => [say.query(text)]);

/** Other ways to the answer of one query. */
export const routes: Readonly<Record<string, (text: string) => Uint8Array[][]>> = {
  'extended, text': text => [[say.parse(text), say.bind(), say.describePortal(), say.execute(), say.sync]],
  'extended, binary, two rows at a time': text => [
    [say.parse(text), say.bind([], { results: [1] }), say.execute('', 2), say.execute('', 2), say.sync],
  ],
  cursor: text =>
    simply([`begin; declare c scroll cursor with hold for ${text}; commit`, 'fetch last from c', 'fetch prior from c']),
  'binary cursor': text => simply([`begin; declare c binary cursor for ${text}`, 'fetch all from c', 'commit']),
  'copy, text': text => simply([`copy (${text}) to stdout`]),
  'copy, csv': text => simply([`copy (${text}) to stdout with (format csv, header, force_quote *)`]),
  'copy, binary': text => simply([`copy (${text}) to stdout (format binary)`]),
  prepare: text => simply([`prepare q as ${text}`, 'execute q', 'explain (verbose, costs off) execute q']),
  // Without costs: they tell how wide a column is on average.
  plan: text => simply([`explain (verbose, costs off) ${text}`]),
  'plan and run': text =>
    simply([`explain (analyze, verbose, costs off, timing off, summary off, buffers off) ${text}`]),
  subquery: text =>
    simply([
      `select count(*) from (${text}) q`,
      `select q::text from (${text}) q`,
      `select to_jsonb(q) from (${text}) q`,
    ]),
};

const trimmed = (messages: readonly string[]): string | null => {
  const [only] = messages;
  if (messages.length !== 1 || only === undefined || !/^(select|with|values|table)\b/i.test(only)) return null;
  return only.replace(/;\s*$/, '');
};

/** What the text gives by every other way there is to it; nothing for what is not one query. */
export const detours = (attack: Attack): [string, Uint8Array[][]][] => {
  const text = trimmed(attack.messages);
  return text === null ? [] : Object.entries(routes).map(([name, make]) => [name, make(text)]);
};
