/** PL/pgSQL bodies, as far as they are static. */
import type { CatalogFunction } from '../catalog/snapshot.ts';
import { unresolved } from './refuse.ts';
import type { Query } from './select.ts';
import type { Analyzer } from './state.ts';

export function plpgsqlBody(a: Analyzer, fn: CatalogFunction): Query | null {
  a.step('plpgsql');
  return unresolved(`function ${fn.name}`);
}
