/** A document in YAML as the core reads it, in the shape the API answers with. */
import 'server-only';
import { parsePolicyYaml } from '#core/policy/document.ts';
import type { Policy } from '#core/policy/schema.ts';
import type { PolicyDiagnostic } from './schema.ts';

export type Parsed = { diagnostics: PolicyDiagnostic[]; policy?: Policy };

/** `others` are the rest of the set: some warnings are about the set as a whole. */
export function parsePolicy(yaml: string, others?: readonly Policy[]): Parsed {
  const { policy, diagnostics } = parsePolicyYaml(yaml, others ? { others } : {});
  return { diagnostics: [...diagnostics], ...(policy ? { policy } : {}) };
}
