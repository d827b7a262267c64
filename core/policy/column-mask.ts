/** What mask rules say of each column a statement involves, and what follows for its outputs and its other uses. */
import type { Tag } from '../catalog/labels.ts';
import { type Mask, maskStrength } from '../mask/rule.ts';
import type { ColumnRef, ColumnUse, OutputColumn, UseContext } from '../sql/analysis.ts';
import type { CompiledRule } from './compile.ts';
import type { OutputMask } from './decision.ts';
import { ownershipMatches, relationTarget, type Target } from './match.ts';
import { ownsObject } from './residual.ts';
import { conditionHolds, type Scope } from './scope.ts';
import { useKeys } from './words.ts';

/** One rule that masks a column, by the tag it matched. */
export type ColumnRule = { compiled: CompiledRule; tag: Tag; mask: Mask; note: string | null };

export const columnName = (column: ColumnRef): string =>
  column.attnum === 0 ? `${column.schema}.${column.relation}` : `${column.schema}.${column.relation}.${column.column}`;

/** How many characters a partial mask shows at most. */
function shown(mask: Mask): number {
  if (mask.kind !== 'partial') return 0;
  return { email: 1, phone: 2, card: 4, text: mask.first + mask.last }[mask.shape];
}

/** Orders masks by how little they show; equal only when they are the same, so that a choice never depends on order. */
export function compareMasks(a: Mask, b: Mask): number {
  const difference = maskStrength[a.kind] - maskStrength[b.kind] || shown(b) - shown(a);
  if (difference !== 0) return difference;
  const [textA, textB] = [JSON.stringify(a), JSON.stringify(b)];
  return textA < textB ? -1 : textA > textB ? 1 : 0;
}

export function strongest(masks: readonly OutputMask[]): OutputMask | null {
  const order = (a: OutputMask, b: OutputMask) =>
    compareMasks(b.mask, a.mask) || (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : a.label < b.label ? -1 : 1);
  return [...masks].sort(order)[0] ?? null;
}

export function targetOfColumn(scope: Scope, column: ColumnRef): Target {
  const named = scope.view.accesses.find(
    ({ target }) => target.kind === 'relation' && target.schema === column.schema && target.name === column.relation,
  );
  if (named !== undefined) return named.target;
  const { labels, residual } = scope.view;
  return relationTarget({ schema: column.schema, relation: column.relation, oid: column.relationOid }, labels, name =>
    ownsObject(residual.subject, labels, name),
  );
}

function rulesForColumn(scope: Scope, column: ColumnRef): readonly ColumnRule[] {
  const tags = scope.view.flowing.ofColumn(column);
  if (tags.length === 0) return [];
  const target = targetOfColumn(scope, column);
  const shownHazards = new Set(scope.view.statement.hazards.map(hazard => hazard.code));
  return scope.side.mask.flatMap(compiled => {
    const { rule } = compiled;
    if (!compiled.matchesPlace(target) || !ownershipMatches(rule, target)) return [];
    if (rule.hazards !== undefined && !rule.hazards.some(code => shownHazards.has(code))) return [];
    const matched = tags.filter(compiled.matchesTag);
    if (matched.length === 0) return [];
    const { applies, note } = conditionHolds(scope, compiled);
    if (!applies) return [];
    return matched.flatMap(tag => {
      const mask = compiled.maskFor(tag.label);
      return mask === null ? [] : [{ compiled, tag, mask, note }];
    });
  });
}

export type ColumnMasks = (column: ColumnRef) => readonly ColumnRule[];

/** Looks each column up once per statement and side. */
export function columnMasks(scope: Scope): ColumnMasks {
  const seen = new Map<string, readonly ColumnRule[]>();
  return column => {
    const { relationOid, attnum, schema, relation } = column;
    const key = `${relationOid}\0${attnum}\0${schema}\0${relation}\0${column.column}`;
    const held = seen.get(key);
    if (held !== undefined) return held;
    const rules = rulesForColumn(scope, column);
    seen.set(key, rules);
    return rules;
  };
}

/** A use of a masked column that its rule refuses. */
export type RefusedUse = { column: ColumnRef; use: UseContext | 'derived'; by: ColumnRule; within?: string };

type Sight = {
  masks: ColumnMasks;
  /** Whether a client can put values of its own into the column. */
  mayWrite: (column: ColumnRef) => boolean;
};

/**
 * Whether a join tells the values. What a client can put values of its own into, or reads plainly, answers "is it this one?" as often
 * as there are rows; a foreign key was made to be followed. Nothing to compare with, as with VALUES, is the client's own text.
 */
function isTelling({ against, context }: ColumnUse, { masks, mayWrite }: Sight): boolean {
  if (against.length === 0 || against.some(mayWrite)) return true;
  return context === 'join' && !against.some(column => masks(column).some(isEnforced));
}

function isRefused(use: ColumnUse, by: ColumnRule, sight: Sight): boolean {
  const key = useKeys[use.context];
  if (key === 'harmless' || use.viaView) return false;
  if (key === 'never') return true;
  const { uses } = by.compiled;
  if (uses[key] === 'refuse') return true;
  return key === 'join' && uses.equality === 'refuse' && isTelling(use, sight);
}

export function refusedUses(
  uses: readonly ColumnUse[],
  masks: ColumnMasks,
  mayWrite: (column: ColumnRef) => boolean,
): readonly RefusedUse[] {
  return uses.flatMap(use =>
    masks(use.column)
      .filter(by => isRefused(use, by, { masks, mayWrite }))
      .map(by => ({
        column: use.column,
        use: use.context,
        by,
        ...(use.within !== undefined && { within: use.within }),
      })),
  );
}

const isEnforced = (rule: ColumnRule): boolean => !rule.compiled.observed;

export type OutputVerdict = {
  mask: OutputMask | null;
  /** Origins that a rule masks, observed ones included. */
  masked: readonly { column: ColumnRef; by: ColumnRule }[];
  refused: readonly RefusedUse[];
};

const passes: OutputVerdict = { mask: null, masked: [], refused: [] };

/**
 * The bare column gets its mask. A total function of masked columns becomes null: its value is theirs. One that may raise is
 * refused, because whether it raised is a bit of them. An aggregate passes only where every rule allows it.
 */
export function outputVerdict(output: OutputColumn, masks: ColumnMasks): OutputVerdict {
  if (output.kind === 'constant') return passes;
  const masked = output.origins.flatMap(column => masks(column).map(by => ({ column, by })));
  if (masked.length === 0) return passes;
  if (output.kind === 'derived') {
    return { mask: null, masked: [], refused: masked.map(({ column, by }) => ({ column, use: 'derived', by })) };
  }
  const hiding =
    output.kind === 'aggregate' ? masked.filter(({ by }) => by.compiled.uses.aggregate === 'refuse') : masked;
  const candidates = hiding
    .filter(({ by }) => isEnforced(by))
    .map(({ column, by }): OutputMask => {
      const bare = output.kind === 'column' && column.attnum !== 0;
      return { mask: bare ? by.mask : { kind: 'null' }, rule: by.compiled.id, label: by.tag.label };
    });
  return { mask: strongest(candidates), masked: hiding, refused: [] };
}
