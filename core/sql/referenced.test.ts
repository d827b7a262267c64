/** Writes along foreign keys: which of them change every row, because what the key refers to is always there. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { analyzeWith, type TestCatalog, testCatalog } from './testing.ts';

let target: TestCatalog;
beforeAll(async () => {
  target = await testCatalog({
    sql: `create table notes (id int primary key, note text);
      create table flags (id int primary key);
      create table lines (id int primary key, note_id int not null references notes, other_id int references notes, flag_id int not null);`,
  });
});
afterAll(() => target.close());

function changesAll(text: string): boolean {
  const analysis = analyzeWith(target.catalog, text);
  if (!analysis.ok) throw new Error(`${text}: ${JSON.stringify(analysis)}`);
  return analysis.statements.some(({ hazards }) => hazards.some(({ code }) => code.startsWith('unbounded_')));
}

it.each([
  // What a foreign key refers to is always there.
  'delete from lines l using notes n where l.note_id = n.id',
  'delete from lines using notes where notes.id = note_id and true',
  'delete from lines where note_id in (select id from notes)',
  'delete from lines where note_id in (select distinct n.id from notes n order by 1)',
  'delete from lines where note_id = any (select id from notes)',
  'delete from lines l where exists (select 1 from notes n where n.id = l.note_id)',
  'delete from lines where exists (select from notes where note_id = notes.id)',
  'delete from lines where not (note_id not in (select id from notes))',
  'delete from lines where note_id in (select id from notes) or id = 5',
  'update lines l set flag_id = n.id from notes n where l.note_id = n.id',
  'merge into lines l using notes n on l.note_id = n.id when matched then delete',
  'merge into lines l using notes n on l.note_id = n.id when matched and 1 = 1 then delete',
  // And of many rows there is one that is not the same.
  'delete from lines l using flags f where l.flag_id <> f.id',
  'delete from lines l using flags f where l.flag_id is distinct from f.id',
  'delete from lines l where exists (select 1 from flags f where f.id <> l.flag_id)',
  'delete from lines where flag_id <> any (select id from flags)',
])('%s changes every row', text => {
  expect(changesAll(text)).toBe(true);
});

it.each([
  'delete from lines l using notes n where l.note_id = n.id and n.note is null',
  'delete from lines l using notes n where l.note_id = n.id and length(n.note) > 5',
  'delete from lines l using notes n join flags f on f.id = n.id where l.note_id = n.id',
  "delete from lines where note_id in (select id from notes where note = 'x')",
  'delete from lines where note_id in (select id from notes limit 5)',
  'delete from lines where note_id not in (select id from notes)',
  "delete from lines l where exists (select 1 from notes n where n.id = l.note_id and n.note = 'x')",
  'delete from lines where other_id in (select id from notes)',
  'delete from lines where flag_id in (select id from flags)',
  'delete from lines l using flags f where l.flag_id = f.id',
  'delete from lines where flag_id <> all (select id from flags)',
  'update lines l set other_id = n.id from notes n where l.note_id = n.id and l.other_id is distinct from n.id',
  "merge into lines l using notes n on l.note_id = n.id when matched and n.note = 'x' then delete",
])('%s does not', text => {
  expect(changesAll(text)).toBe(false);
});
