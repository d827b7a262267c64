/**
 * Along which schemas a session's names are looked up. The setting says it where the role signed in with may use all of them; where
 * it may not, or the session has taken another role, only the server can say: it leaves out what the role may not use, and "$user"
 * is somebody else.
 */
import { firstUserOid } from '#core/catalog/lookup.ts';
import type { CatalogData } from '#core/catalog/snapshot.ts';
import { joinSearchPath, splitSearchPath } from '#core/sql/search-path.ts';
import type { GatedSession } from '../postgres/open-gate.ts';
import type { Settings } from '../postgres/session/settings.ts';

/** Schemas that the role signed in with may not use. */
const closedIn = new WeakMap<CatalogData, ReadonlySet<string>>();

function closedOf(data: CatalogData): ReadonlySet<string> {
  const known = closedIn.get(data);
  if (known !== undefined) return known;
  const closed = new Set(data.schemas.flatMap(({ name, isClosed }) => (isClosed === true ? [name] : [])));
  closedIn.set(data, closed);
  return closed;
}

const question = `SELECT pg_catalog.current_setting('search_path'), pg_catalog.to_json(pg_catalog.current_schemas(false))::pg_catalog.text`;

/**
 * Whether operators of somebody else may stand in the place of the server's own: then what the catalog is asked in this session is
 * not what it answers. In an open transaction nobody else knows which there are.
 */
export function hidesSystem(path: string | null, { operators }: CatalogData, isInTransaction: boolean): boolean {
  const names = path === null ? [] : splitSearchPath(path);
  const before = names.slice(0, Math.max(0, names.indexOf('pg_catalog'))).filter(name => name !== 'pg_temp');
  if (before.length === 0) return false;
  return isInTransaction || operators.some(operator => before.includes(operator.schema) && isLikeOurs(operator));
}

const asked: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>=', '~~', '!~~', '||']);

/** Those of extensions mostly work on their own types, and are never meant. */
const isLikeOurs = ({ name, left, right }: CatalogData['operators'][number]): boolean =>
  asked.has(name) && left < firstUserOid && right < firstUserOid;

export class SessionPath {
  readonly #session: Pick<GatedSession, 'settings' | 'internal'>;
  /** The catalog that the server's answer goes with. */
  #data: CatalogData | null = null;
  /** What was told last of a path: every statement asks. */
  #told: { path: string; data: CatalogData; isAsked: boolean } | null = null;

  constructor(session: Pick<GatedSession, 'settings' | 'internal'>) {
    this.#session = session;
  }

  /** As the setting would be written; null when the server has to be asked first. */
  text(data: CatalogData): string | null {
    const { settings } = this.#session;
    if (settings.searchPath === null) return null;
    if (!this.#isAsked(settings, settings.searchPath, data)) return settings.searchPath;
    return settings.schemas === null || this.#data !== data ? null : settings.schemas;
  }

  #isAsked(settings: Settings, path: string, data: CatalogData): boolean {
    if (settings.hasRole) return true;
    if (this.#told?.path === path && this.#told.data === data) return this.#told.isAsked;
    const closed = closedOf(data);
    const names = closed.size === 0 ? [] : splitSearchPath(path);
    const isAsked = names.some(name => closed.has(name === '$user' ? data.role : name));
    this.#told = { path, data, isAsked };
    return isAsked;
  }

  /** False when the server did not say. The session must be idle. */
  async ask(data: CatalogData): Promise<boolean> {
    if (this.text(data) !== null) return true;
    const answer = await this.#session.internal([question]);
    const row = answer?.[0]?.[0];
    const [path, schemas] = row ?? [];
    if (typeof path !== 'string' || typeof schemas !== 'string') return false;
    const { settings } = this.#session;
    settings.searchPathIs(path);
    settings.schemas = joinSearchPath(JSON.parse(schemas) as string[]);
    this.#data = data;
    return true;
  }
}
