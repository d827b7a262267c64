/**
 * Which of several functions or operators of one name a call means: func_match_argtypes and func_select_candidate of
 * src/backend/parser/parse_func.c.
 */
import type { Catalog } from '../../catalog/lookup.ts';
import { baseTypeOf, canCoerce, categoryOf, isPreferred } from './coerce.ts';
import { oid } from './oid.ts';

/** Anything with one declared type per actual argument. */
export type Candidate = { types: readonly number[] };

const keepBest = <C extends Candidate>(candidates: readonly C[], score: (candidate: C) => number): readonly C[] => {
  let best = -1;
  let kept: C[] = [];
  for (const candidate of candidates) {
    const points = score(candidate);
    if (points > best) {
      best = points;
      kept = [candidate];
    } else if (points === best) kept.push(candidate);
  }
  return kept;
};

const known = (types: readonly number[]): boolean[] => types.map(type => type !== oid.unknown);

function byExactness<C extends Candidate>(candidates: readonly C[], bases: readonly number[]): readonly C[] {
  return keepBest(candidates, candidate =>
    bases.reduce((sum, type, i) => sum + (type !== oid.unknown && candidate.types[i] === type ? 1 : 0), 0),
  );
}

function byPreference<C extends Candidate>(catalog: Catalog, candidates: readonly C[], bases: readonly number[]) {
  const categories = bases.map(type => categoryOf(catalog, type));
  return keepBest(candidates, candidate =>
    bases.reduce((sum, type, i) => {
      if (type === oid.unknown) return sum;
      const declared = candidate.types[i] ?? 0;
      return sum + (declared === type || isPreferred(catalog, categories[i] ?? '', declared) ? 1 : 0);
    }, 0),
  );
}

type Slot = { category: string; preferred: boolean } | null;

/** For one unknown-literal argument: the category its candidates agree on, strings winning; null when they do not agree. */
function slotOf(catalog: Catalog, candidates: readonly Candidate[], index: number): Slot {
  let slot: Slot = null;
  let conflict = false;
  for (const candidate of candidates) {
    const type = catalog.type(candidate.types[index] ?? 0);
    const category = type?.category ?? '';
    const preferred = type?.preferred ?? false;
    if (slot === null) slot = { category, preferred };
    else if (slot.category === category) slot = { category, preferred: slot.preferred || preferred };
    else if (category === 'S') slot = { category, preferred };
    else if (slot.category !== 'S') conflict = true;
  }
  return conflict && slot?.category !== 'S' ? null : slot;
}

/** Resolves arguments that are untyped literals by category. Null when their categories conflict. */
function bySlots<C extends Candidate>(catalog: Catalog, candidates: readonly C[], bases: readonly number[]) {
  const slots: Slot[] = [];
  for (let i = 0; i < bases.length; i++) {
    if (bases[i] !== oid.unknown) slots.push(null);
    else {
      const slot = slotOf(catalog, candidates, i);
      if (slot === null) return null;
      slots.push(slot);
    }
  }
  const kept = candidates.filter(candidate =>
    slots.every((slot, i) => {
      if (slot === null) return true;
      const declared = candidate.types[i] ?? 0;
      if (categoryOf(catalog, declared) !== slot.category) return false;
      return !slot.preferred || isPreferred(catalog, slot.category, declared);
    }),
  );
  return kept.length > 0 ? kept : candidates;
}

/** If all typed arguments have one type, literals are assumed to have it as well. */
function byAssumption<C extends Candidate>(catalog: Catalog, candidates: readonly C[], bases: readonly number[]) {
  const typed = [...new Set(bases.filter(type => type !== oid.unknown))];
  const single = typed[0];
  if (typed.length !== 1 || single === undefined) return null;
  const assumed = bases.map(() => single);
  const matching = candidates.filter(candidate => canCoerce(catalog, assumed, candidate.types, 'implicit'));
  return matching.length === 1 ? (matching[0] ?? null) : null;
}

const only = <C>(candidates: readonly C[]): C | null => (candidates.length === 1 ? (candidates[0] ?? null) : null);

/** The candidate PostgreSQL would call, or null when it would say that the call is ambiguous. */
export function selectCandidate<C extends Candidate>(
  catalog: Catalog,
  actual: readonly number[],
  matching: readonly C[],
): C | null {
  const bases = actual.map(type => (type === oid.unknown ? type : baseTypeOf(catalog, type)));
  let candidates = byExactness(matching, bases);
  if (candidates.length === 1) return only(candidates);
  candidates = byPreference(catalog, candidates, bases);
  if (candidates.length === 1) return only(candidates);
  if (!known(bases).includes(false)) return null;
  const slotted = bySlots(catalog, candidates, bases);
  if (slotted) {
    candidates = slotted;
    if (candidates.length === 1) return only(candidates);
  }
  return byAssumption(catalog, candidates, bases);
}

/** Candidates whose declared types every argument can be coerced to implicitly. */
export const matchingCandidates = <C extends Candidate>(
  catalog: Catalog,
  actual: readonly number[],
  candidates: readonly C[],
): readonly C[] => candidates.filter(candidate => canCoerce(catalog, actual, candidate.types, 'implicit'));
