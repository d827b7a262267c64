/** Whether a policy decides, only watches, or is not yet in use. */

import { Badge } from '#components/ui/badge.tsx';
import type { policyModes } from '#core/policy/schema.ts';

export type PolicyMode = (typeof policyModes)[number];

const words: Readonly<Record<PolicyMode, string>> = { draft: 'Draft', observe: 'Observe', enforce: 'Enforce' };

export function PolicyModeBadge({ mode }: { mode: PolicyMode }) {
  return (
    <Badge tone={mode === 'enforce' ? 'neutral' : mode === 'observe' ? 'observe' : 'outline'}>{words[mode]}</Badge>
  );
}
