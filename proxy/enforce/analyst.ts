/** Sends texts to the parser pool and keeps it taught: which catalogs are in use, and which may be forgotten. */
import type { CatalogData } from '#core/catalog/snapshot.ts';
import type { Analysis, AnalysisSettings } from '#core/sql/analysis.ts';
import type { CatalogVersion, ParserPool } from './parser-pool.ts';

export type AnalyseRequest = {
  /** Of the session: one session's statements do not keep others waiting. */
  sessionId: string;
  text: string;
  connectionId: string;
  /** The catalog to read the text by; compared by identity. */
  data: CatalogData;
  /** Of one session only. */
  isLocal: boolean;
  settings: AnalysisSettings;
};

export type Analyse = (request: AnalyseRequest) => Promise<Analysis>;

type Taught = { version: CatalogVersion; jobs: number; isRetired: boolean };
/** A whole catalog stays known, so that later ones are sent without the system's objects. */
type Connection = { base: { data: CatalogData; version: CatalogVersion }; shared: CatalogData };

export class Analyst {
  readonly #pool: Pick<ParserPool, 'addCatalog' | 'removeCatalog' | 'analyze'>;
  readonly #connections = new Map<string, Connection>();
  readonly #taught = new Map<CatalogData, Taught>();

  constructor(pool: Pick<ParserPool, 'addCatalog' | 'removeCatalog' | 'analyze'>) {
    this.#pool = pool;
  }

  readonly analyse: Analyse = async request => {
    const taught = this.#teach(request);
    taught.jobs += 1;
    try {
      return await this.#pool.analyze(request.sessionId, request.text, taught.version, request.settings);
    } finally {
      taught.jobs -= 1;
      this.#forget(request.data, taught);
    }
  };

  /** A session's own catalog is not used any more. */
  readonly retire = (data: CatalogData): void => {
    const taught = this.#taught.get(data);
    if (taught === undefined) return;
    taught.isRetired = true;
    this.#forget(data, taught);
  };

  #teach({ connectionId, data, isLocal }: AnalyseRequest): Taught {
    const connection = this.#connection(connectionId, data, isLocal);
    const known = this.#taught.get(data);
    if (known !== undefined) return known;
    const { base } = connection;
    const version = data === base.data ? base.version : this.#pool.addCatalog(data, base.version);
    const taught: Taught = { version, jobs: 0, isRetired: false };
    this.#taught.set(data, taught);
    return taught;
  }

  #connection(connectionId: string, data: CatalogData, isLocal: boolean): Connection {
    const known = this.#connections.get(connectionId);
    const isSame = known?.base.data.serverVersion === data.serverVersion && known.base.data.database === data.database;
    if (known === undefined || !isSame) {
      const connection = { base: { data, version: this.#pool.addCatalog(data) }, shared: data };
      this.#connections.set(connectionId, connection);
      return connection;
    }
    if (!isLocal && known.shared !== data) {
      const before = known.shared;
      known.shared = data;
      if (before !== known.base.data) this.retire(before);
    }
    return known;
  }

  #forget(data: CatalogData, taught: Taught): void {
    if (!taught.isRetired || taught.jobs > 0) return;
    this.#taught.delete(data);
    this.#pool.removeCatalog(taught.version);
  }
}
