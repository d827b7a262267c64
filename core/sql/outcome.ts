/** From what was collected to the record that policy and the log read. */
import type { OutputColumn, StatementAnalysis } from './analysis.ts';
import { unresolved } from './refuse.ts';
import type { Analyzer } from './state.ts';
import type { Outcome } from './statement.ts';
import type { Field } from './value.ts';

const outputOf = ({ name, value }: Field): OutputColumn => ({
  name,
  origins: value.origins,
  kind: value.origins.length === 0 ? 'constant' : value.kind,
  wire: value.wire,
  typeOid: value.type,
});

/** Numbers of parameters that are listed whether or not all up to them are there. */
const listedMax = 256;

/**
 * Types that earlier statements of the same message make have no number yet. The server takes no statement that leaves out some of its
 * parameters, so a large number alone must not make a long list; a shorter one would forget types that the server keeps.
 */
function parameterTypesOf({ out, parameterTypes, parametersSeen, settings }: Analyzer): number[] {
  const given = parametersSeen.size + (settings.parameterTypes ?? []).length;
  if (out.parameters > listedMax && given < out.parameters)
    unresolved('parameters', undefined, `there are parameters missing before $${out.parameters}`);
  return Array.from({ length: out.parameters }, (_, index) => Math.max(0, parameterTypes.get(index + 1) ?? 0));
}

/** Positions of hazards are still byte offsets. */
export function analysisOf(a: Analyzer, outcome: Outcome, place: { start: number; length: number }): StatementAnalysis {
  const { out } = a;
  return {
    kind: outcome.kind,
    ...place,
    accesses: out.accesses,
    outputs: outcome.columns?.map(outputOf) ?? null,
    uses: out.uses,
    reads: out.reads,
    functions: out.functions,
    hazards: out.hazards,
    flows: out.flows,
    effects: out.effects,
    result: outcome.result,
    copy: outcome.copy,
    parameters: out.parameters,
    ...(out.parameters > 0 && { parameterTypes: parameterTypesOf(a) }),
    tableRows: out.tableRows,
    ...(outcome.cursor !== undefined && { cursor: outcome.cursor }),
  };
}
