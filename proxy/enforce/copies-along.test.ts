/** Copies that no statement names: what triggers, rules, keys and generated columns carry on, and what stays where it was computed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { policySchema } from '#core/policy/schema.ts';
import { targetDatabase } from '#db/testing.ts';
import { fieldsOf, say, WireClient } from '../postgres/wire-testing.ts';
import { allowAll, type Governed, startGoverned } from './governed-testing.ts';

const schema = `
  CREATE TABLE people (id int PRIMARY KEY, email text, loud text GENERATED ALWAYS AS (upper(email)) STORED);
  INSERT INTO people VALUES (1, 'seen@example.com');
  CREATE VIEW mails AS SELECT id, email AS mail FROM people;
  CREATE MATERIALIZED VIEW kept AS SELECT id, mail FROM mails;
  CREATE FUNCTION shown(given text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower(given)';
  CREATE TABLE figures (id int, email text, low text GENERATED ALWAYS AS (shown(email)) STORED);
  INSERT INTO figures VALUES (1, 'seen@example.com');
  CREATE TABLE plain (id int, note text, other text, low text GENERATED ALWAYS AS (lower(note)) STORED);
  CREATE TABLE further (id int, note text);
  CREATE TABLE parent (note text PRIMARY KEY);
  CREATE TABLE child (note text REFERENCES parent ON UPDATE CASCADE);
  CREATE TABLE grandchild (id int);
  INSERT INTO parent VALUES ('x');
  INSERT INTO child VALUES ('x');
  CREATE VIEW door AS SELECT 1 AS id, ''::text AS note;`;

const start = (write: 'allow' | 'refuse', url: string) =>
  startGoverned({
    upstreamUrl: url,
    policies: [
      allowAll,
      policySchema.parse({
        name: 'mask',
        rules: [{ id: 'pii', effect: 'mask', mask: { kind: 'redact' }, uses: { write } }],
      }),
    ],
    labels: { 'public.people.email': 'pii.email', 'public.figures.email': 'pii.email' },
  });

let proxies: Readonly<Record<'allow' | 'refuse', Governed>>;
beforeAll(async () => {
  const { url } = await targetDatabase({ sql: schema });
  proxies = { allow: await start('allow', url), refuse: await start('refuse', url) };
});
afterAll(async () => {
  await proxies.allow.close();
  await proxies.refuse.close();
});

const trigger = (does: string, on = 'BEFORE INSERT ON plain', when = '') => [
  `CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${does} RETURN NEW; END $$`,
  `CREATE TRIGGER fires ${on} FOR EACH ROW ${when} EXECUTE FUNCTION fire()`,
];
const copy = 'INSERT INTO plain (id, note) SELECT id, email FROM people';

/** All in a transaction that is rolled back. Whether each is answered, and everything that the client hears. */
async function attempt(proxy: Governed, steps: readonly string[]) {
  const client = await WireClient.through(proxy.port);
  const problems: string[] = [];
  let heard = '';
  for (const step of ['BEGIN', ...steps]) {
    const answer = await client.ask(say.query(step));
    heard += client.received.toString('latin1').toLowerCase();
    problems.push(...answer.filter(({ type }) => type === 'E').map(({ body }) => `${step}: ${fieldsOf(body).M}`));
  }
  await client.ask(say.query('ROLLBACK'));
  client.close();
  return { problems, isSeen: heard.includes('seen@') };
}

describe('where copies are followed by their labels', () => {
  it.each([
    [
      'a trigger that writes elsewhere',
      [...trigger('INSERT INTO further VALUES (NEW.id, NEW.note);'), copy, 'TABLE further'],
    ],
    [
      'a trigger that writes beside it',
      [...trigger('NEW.other := NEW.note;'), `${copy} RETURNING other`, 'SELECT other FROM plain'],
    ],
    [
      'a trigger of a view',
      [
        ...trigger('INSERT INTO further VALUES (NEW.id, NEW.note);', 'INSTEAD OF INSERT ON door'),
        'INSERT INTO door SELECT id, email FROM people',
        'TABLE further',
      ],
    ],
    [
      'a rule',
      [
        'CREATE RULE too AS ON INSERT TO plain DO ALSO INSERT INTO further VALUES (NEW.id, NEW.note)',
        copy,
        'TABLE further',
      ],
    ],
    ['a generated column', [`${copy} RETURNING low`, 'SELECT low FROM plain']],
    ['a key that follows', ['UPDATE parent SET note = (SELECT email FROM people)', 'TABLE child']],
    [
      'a function that copies and then reads',
      [
        `CREATE FUNCTION passes() RETURNS text LANGUAGE sql AS $$ ${copy}; SELECT note FROM plain $$`,
        'SELECT passes(), upper(passes())',
      ],
    ],
    [
      'a parent that is one no more',
      [
        'CREATE TABLE above (id int, email text)',
        'CREATE MATERIALIZED VIEW seen AS SELECT email FROM above',
        'ALTER TABLE people INHERIT above',
        'REFRESH MATERIALIZED VIEW seen',
        'ALTER TABLE people NO INHERIT above',
        'TABLE seen',
      ],
    ],
    ['a later statement of the same message', [`${copy}; SELECT note, low FROM plain`]],
    [
      'a column that is computed no more',
      [copy, 'ALTER TABLE plain ALTER COLUMN low DROP EXPRESSION', 'SELECT low FROM plain'],
    ],
  ])('masks what comes through %s', async (_, steps) => {
    expect(await attempt(proxies.allow, steps)).toEqual({ problems: [], isSeen: false });
  });

  it.each([
    ['a trigger that drops rows by it', trigger("IF NEW.note LIKE 's%' THEN RETURN NULL; END IF;")],
    ['a trigger that fires by it', trigger('', 'BEFORE INSERT ON plain', "WHEN (NEW.note LIKE 's%')")],
    ['a check', ["ALTER TABLE plain ADD CHECK (note < 't')"]],
    [
      'a column whose computation may fail',
      ['ALTER TABLE plain ADD n int GENERATED ALWAYS AS (1 / length(note)) STORED'],
    ],
    ['an index whose computation may fail', ['CREATE INDEX ON plain ((1 / length(note)))']],
    ['an index over some rows', ["CREATE UNIQUE INDEX ON plain ((1)) WHERE note < 't'"]],
    ['a key', ['ALTER TABLE plain ADD FOREIGN KEY (note) REFERENCES parent']],
  ])('refuses what %s tells of the value', async (_, steps) => {
    const { problems } = await attempt(proxies.allow, ['TRUNCATE plain', ...steps, copy]);
    expect(problems).toEqual([expect.stringMatching('INSERT INTO plain.*refused by policy')]);
  });

  it.each([
    ['the bounds of a partition', 'CREATE TABLE made (id int, note text) PARTITION BY LIST (note)'],
    ['a view that is checked', "CREATE VIEW made AS SELECT id, note FROM plain WHERE note < 't' WITH CHECK OPTION"],
  ])('refuses what %s tells of the value', async (_, step) => {
    const { problems } = await attempt(proxies.allow, [step, 'INSERT INTO made SELECT id, email FROM people']);
    expect(problems).toEqual([expect.stringMatching('INSERT INTO made.*refused by policy')]);
  });

  it('refuses what a rule tells of the value', async () => {
    const rule =
      "CREATE RULE too AS ON INSERT TO plain WHERE NEW.note LIKE 's%' DO ALSO INSERT INTO grandchild VALUES (1)";
    const { problems } = await attempt(proxies.allow, [rule, copy]);
    expect(problems).toEqual([expect.stringContaining('refused by policy')]);
  });
});

describe.each(['allow', 'refuse'] as const)('where copies are to be %sd', verdict => {
  it.each([
    [
      'rows of a materialized view',
      ["CREATE OR REPLACE VIEW mails AS SELECT id, 'x'::text AS mail FROM people", 'SELECT mail FROM kept'],
    ],
    [
      'rows of one that is refreshed',
      [
        'REFRESH MATERIALIZED VIEW kept',
        "CREATE OR REPLACE VIEW mails AS SELECT id, 'x'::text AS mail FROM people",
        'SELECT mail FROM kept',
      ],
    ],
    [
      'a generated column',
      [
        "CREATE OR REPLACE FUNCTION shown(given text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'x'::text $$",
        'SELECT low FROM figures',
      ],
    ],
  ])('goes on masking %s when what it was made by means something else', async (_, steps) => {
    expect(await attempt(proxies[verdict], steps)).toEqual({ problems: [], isSeen: false });
  });
});

it('refuses to let go of what a column is computed of', async () => {
  const { problems } = await attempt(proxies.refuse, ['ALTER TABLE people ALTER COLUMN loud DROP EXPRESSION']);
  expect(problems).toEqual([expect.stringContaining('may not be used in what is written elsewhere')]);
});
