/** A small database of our own for tests of the analyser, read live from a real server. Never imported by the product. */
import fs from 'node:fs';
import postgres from 'postgres';
import { type Catalog, catalogOf } from '#core/catalog/lookup.ts';
import type { CatalogData } from '#core/catalog/snapshot.ts';
import { type TestDatabase, targetDatabase } from '#db/testing.ts';
import { oneByOne, type QueryPort, readCatalog } from '#proxy/control/introspect.ts';
import type { Analysis, AnalysisSettings, ColumnRef, StatementAnalysis } from './analysis.ts';
import { analyze, noSettings } from './analyze.ts';
import { loadParser } from './parse.ts';

const schemaFile = new URL('./testing.sql', import.meta.url);

export type TestCatalog = {
  database: TestDatabase;
  data: CatalogData;
  catalog: Catalog;
  sql: postgres.Sql;
  query: QueryPort;
  /** Reads the catalog again, after DDL. */
  reload(): Promise<Catalog>;
  close(): Promise<void>;
};

/** Rows as text, the way the proxy's own client gives them. */
export function queryPort(sql: postgres.Sql): QueryPort {
  return async text => {
    const rows = (await sql.unsafe(text).raw()) as unknown as (Buffer | null)[][];
    return rows.map(row => row.map(cell => cell?.toString('utf8') ?? null));
  };
}

export async function testCatalog(source: { sql?: string; file?: string } = {}): Promise<TestCatalog> {
  await loadParser();
  const text = source.sql ?? fs.readFileSync(source.file ?? schemaFile, 'utf8');
  const database = await targetDatabase({ sql: text });
  const sql = postgres(database.url, { max: 1, onnotice: () => undefined, fetch_types: false });
  const query = queryPort(sql);
  const data = await readCatalog(oneByOne(query), 'all');
  return {
    database,
    data,
    catalog: catalogOf(data),
    sql,
    query,
    reload: async () => catalogOf(await readCatalog(oneByOne(query), 'all')),
    close: () => sql.end({ timeout: 5 }),
  };
}

/** The one statement of a text that must be resolved. */
export function resolved(catalog: Catalog, text: string, settings: Partial<AnalysisSettings> = {}): StatementAnalysis {
  const analysis = analyzeWith(catalog, text, settings);
  if (!analysis.ok) throw new Error(`${text}: ${analysis.refusal.code} ${analysis.refusal.message}`);
  const [statement] = analysis.statements;
  if (!statement || analysis.statements.length !== 1) throw new Error(`${text}: not one statement`);
  return statement;
}

export const analyzeWith = (catalog: Catalog, text: string, settings: Partial<AnalysisSettings> = {}): Analysis =>
  analyze(text, catalog, { ...noSettings, unsettled: false, ...settings });

/** A column of RowDescription. */
export type Described = { name: string; type: number; table: number; column: number };

/** A statement as the server describes it; null where this server does not take it. */
export async function describedBy({ sql }: TestCatalog, text: string): Promise<Described[] | null> {
  try {
    const { columns } = await sql.unsafe(text).describe();
    return columns.map(column => {
      const { name, type, table, number } = column as unknown as Described & { number: number };
      // System columns have negative numbers; the driver reads them unsigned.
      return { name, type, table, column: (number << 16) >> 16 };
    });
  } catch {
    return null;
  }
}

/** RowDescription gives what a domain is made of. */
export function describedType({ catalog }: TestCatalog, typeOid: number): number {
  const type = catalog.type(typeOid);
  return type?.kind === 'd' ? type.baseOid : typeOid;
}

/** `relation.column`, with the schema unless it is public. */
export const refName = (ref: ColumnRef): string =>
  `${ref.schema === 'public' ? '' : `${ref.schema}.`}${ref.relation}.${ref.column}`;

export const originNames = (statement: StatementAnalysis): string[][] =>
  (statement.outputs ?? []).map(output => output.origins.map(refName).sort());

/** `column context`, sorted; those inside views left out unless asked for. */
export const useNames = (statement: StatementAnalysis, includeViews = false): string[] =>
  statement.uses
    .filter(use => includeViews || !use.viaView)
    .map(use => `${refName(use.column)} ${use.context}`)
    .sort();
