/** Keeps what the server has planned in a session to what names mean now, as the analysis has it. */
import type { CatalogData } from '#core/catalog/snapshot.ts';
import type { GatedSession } from '../postgres/open-gate.ts';

/**
 * Prepared statements, and those in functions, keep the tables and functions that their names meant when they were planned, until
 * one of those changes. A new one that stands before it on the search path, or fits better, does not count: the analysis would find
 * the new one while the server reads the old.
 */
export class SessionPlans {
  readonly #session: Pick<GatedSession, 'internal'>;
  /** What names meant when the oldest plan may have been made; null before the first statement. */
  #data: CatalogData | null = null;

  constructor(session: Pick<GatedSession, 'internal'>) {
    this.#session = session;
  }

  begin(data: CatalogData): void {
    this.#data ??= data;
  }

  areStale(data: CatalogData): boolean {
    return this.#data !== null && this.#data !== data;
  }

  /** False where the server could not be told. */
  async renew(data: CatalogData): Promise<boolean> {
    if (this.areStale(data) && (await this.#session.internal(['DISCARD PLANS'])) === null) return false;
    this.#data = data;
    return true;
  }
}
