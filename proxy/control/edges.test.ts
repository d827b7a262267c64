/** Lineage of a real catalog, found in a thread of its own. */
import { expect, it } from 'vitest';
import { targetDatabase } from '#db/testing.ts';
import { lineageOfCatalog } from './edges.ts';
import { readCatalog } from './introspect.ts';
import { QueryClient } from './query-client.ts';
import { targetOf } from './target-testing.ts';

it('leads from columns to views and functions made of them, and leaves no thread behind', async () => {
  const { url } = await targetDatabase({
    sql: `create table customers (id int, email text);
      create view emails as select lower(email) as address from customers;
      create materialized view kept as select address from emails;
      create function one(n int) returns text language sql as 'select email from customers where id = n';
      create function hidden() returns text language plpgsql as $$ begin return (select 'x'); end $$;`,
  });
  const client = await QueryClient.connect(targetOf(url), { timeoutMs: 10_000 });
  const data = await readCatalog(texts => client.queryAll(texts), 'all');
  client.close();
  const oid = (name: string) => data.relations.find(each => each.schema === 'public' && each.name === name)?.oid;
  const fn = data.functions.find(each => each.schema === 'public' && each.name === 'one')?.oid;
  const { edges } = await lineageOfCatalog(data);
  const email = { relationOid: oid('customers'), attnum: 2 };
  expect(edges).toContainEqual({ via: 'view', from: email, to: { oid: oid('emails'), attnum: 1 } });
  expect(edges.filter(edge => edge.to.oid === oid('kept')).map(edge => edge.via)).toContain('materialized_view');
  expect(edges.find(edge => edge.to.oid === fn)).toMatchObject({ via: 'function', from: email });
  await expect(lineageOfCatalog(data, 1)).rejects.toThrow(/too long/);
});
