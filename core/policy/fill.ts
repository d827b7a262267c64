/** Whether a session could put values of its own choice into a column, now and without asking anybody. */
import type { ColumnRef } from '../sql/analysis.ts';
import type { CompiledRule } from './compile.ts';
import { ownershipMatches, relationTarget, type Target } from './match.ts';
import { ownsObject } from './residual.ts';
import { conditionHolds, type Scope } from './scope.ts';

/** Writing fills a table, and so does making it anew out of constants. */
const filling = ['write', 'define'] as const;

function isAbout({ rule, observed, matches }: CompiledRule, target: Target): boolean {
  const { actions } = rule;
  return (
    !observed &&
    (actions === undefined || actions.includes(target.action)) &&
    matches(target) &&
    ownershipMatches(rule, target)
  );
}

/**
 * A rule that always stands in the way of writing takes the possibility away; one that needs a condition or a hazard does not. So a
 * rule against writing to a table can make it safe to join with: the one way in which a restriction permits something.
 */
function isFillable(scope: Scope, target: Target): boolean {
  const { allow, approve, deny } = scope.side;
  const stops = (rule: CompiledRule) => rule.when === null && rule.rule.hazards === undefined && isAbout(rule, target);
  if ([...deny, ...approve].some(stops)) return false;
  return allow.some(rule => isAbout(rule, target) && conditionHolds(scope, rule).applies);
}

/** Looks each relation up once per statement and side. */
export function fillTest(scope: Scope): (column: ColumnRef) => boolean {
  const { labels, residual, accesses } = scope.view;
  const verdicts = new Map<string, boolean>();
  const owned = (name: { schema: string | null; name: string }) => ownsObject(residual.subject, labels, name);
  const verdictOn = ({ schema, relation, relationOid }: ColumnRef): boolean => {
    const isTemporary = accesses.some(
      ({ target }) => target.temporary && target.schema === schema && target.name === relation,
    );
    if (isTemporary) return true;
    const target = relationTarget({ schema, relation, oid: relationOid }, labels, owned);
    return filling.some(action => isFillable(scope, { ...target, action }));
  };
  return column => {
    const key = `${column.schema}\0${column.relation}`;
    const held = verdicts.get(key) ?? verdictOn(column);
    verdicts.set(key, held);
    return held;
  };
}
