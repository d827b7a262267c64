import { describe, expect, test } from 'vitest';
import { type ConditionFacts, compileCondition, conditionListMax } from './condition.ts';

const facts: ConditionFacts = {
  identity: {
    id: 'i',
    kind: 'agent',
    login: 'helper',
    groups: ['crm', 'eu'],
    roles: ['developer'],
    on_behalf_of: 'dev@example.com',
    agent: '',
  },
  connection: { name: 'shop-prod', environment: 'prod', region: 'eu', tags: { team: 'shop' } },
  statement: {
    kind: 'update',
    actions: ['read', 'write'],
    verbs: ['select', 'update'],
    relations: ['public.customers'],
    schemas: ['public'],
    functions: ['pg_catalog.lower'],
    hazards: ['unbounded_update'],
    labels: ['pii.email'],
    level: 'confidential',
    rows: 120_000n,
  },
  session: { application: 'psql', address: '10.0.0.7', time: new Date('2026-11-21T14:30:00Z') },
};

function answer(text: string, given = facts): boolean | string {
  const compiled = compileCondition(text);
  if (!compiled.ok) return `does not compile: ${compiled.problem.message}`;
  const outcome = compiled.condition.evaluate(given);
  return outcome.ok ? outcome.value : `fails: ${outcome.message}`;
}

describe('what a condition can ask', () => {
  test.each([
    ['identity.kind == "agent" && identity.on_behalf_of != ""', true],
    ['"crm" in identity.groups && !("dba" in identity.groups)', true],
    ['connection.environment == "prod" && connection.tags["team"] == "shop"', true],
    ['has(connection.tags.owner)', false],
    ['statement.relations.exists(r, r.startsWith("public."))', true],
    ['statement.relations.all(r, statement.schemas.exists(s, r.startsWith(s + ".")))', true],
    ['statement.level in ["confidential", "restricted"] && size(statement.hazards) == 1', true],
    ['statement.rows > 100000 && statement.rows < 1000000', true],
    ['session.time.getHours() >= 8 && session.time.getDayOfWeek() in [1, 2, 3, 4, 5]', false],
    ['session.address.startsWith("10.")', true],
    ['session.application.matches("^psql( |$)")', true],
    ['identity.login.matches("@example\\\\.com$") || (identity.kind == "agent" && identity.login.matches("^h"))', true],
    ['!(identity.login.matches("^x") || identity.login.matches("^y")) && identity.login.matches("p")', true],
  ])('%s is %s', (text, expected) => {
    expect(answer(text)).toBe(expected);
  });
});

describe('what it cannot', () => {
  test.each([
    ['identity.nope == "x"', /does not compile: No such key: nope/],
    ['unknown == 1', /does not compile: Unknown variable: unknown/],
    ['identity.login + 1 == "x"', /does not compile/],
    ['identity.groups', /must be true or false, this is list<string>/],
    ['identity.kind ==', /does not compile/],
    ['identity.login.matches(identity.kind)', /must be written out as a text/],
    ['identity.login.matches("(?=x)")', /not valid RE2/],
    [`identity.login.matches("${'a'.repeat(600)}")`, /longer than 500/],
    [
      'statement.relations.all(a, statement.relations.all(b, statement.relations.all(c, a == b + c)))',
      /may be nested 2 deep/,
    ],
    [`${'('.repeat(200)}true${')'.repeat(200)}`, /does not compile/],
    [Array.from({ length: 300 }, () => 'true').join(' && '), /does not compile/],
    ['connection.tags["none"] == "x"', /fails: No such key: none/],
  ])('%s', (text, expected) => {
    expect(answer(text)).toMatch(expected);
  });

  test('a regular expression takes linear time whatever the text', () => {
    const login = `${'a'.repeat(4000)}b`;
    const start = performance.now();
    expect(answer('identity.login.matches("^(a+)+$")', { ...facts, identity: { ...facts.identity, login } })).toBe(
      false,
    );
    expect(performance.now() - start).toBeLessThan(500);
    const long = { ...facts, identity: { ...facts.identity, login: 'a'.repeat(10_000) } };
    expect(answer('identity.login.matches("a")', long)).toBe('fails: text is too long to match');
  });

  test('a statement that touches too much is not looked through', () => {
    const relations = Array.from({ length: conditionListMax + 1 }, (_, index) => `public.t${index}`);
    expect(answer('true', { ...facts, statement: { ...facts.statement, relations } })).toMatch(/^fails: .*too much/);
  });

  test('without a clock a question about the time has no answer', () => {
    const { time: _, ...session } = facts.session;
    expect(answer('session.time.getHours() < 25', { ...facts, session })).toMatch(/^fails/);
    expect(answer('session.application == "psql"', { ...facts, session })).toBe(true);
  });
});

test('what depends on the time, or on nothing, is known beforehand', () => {
  const known = (text: string) => {
    const compiled = compileCondition(text);
    return compiled.ok ? [compiled.condition.timed, compiled.condition.constant] : null;
  };
  expect(known('identity.kind == "agent"')).toEqual([false, null]);
  expect(known('session.application == "psql"')).toEqual([false, null]);
  expect(known('session.application == "psql" && session.time.getHours() > 3')).toEqual([true, null]);
  expect(known('1 + 1 == 3')).toEqual([false, false]);
});
