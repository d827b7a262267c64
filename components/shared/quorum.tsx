/** How many votes it takes, who gave one, who may, and who may not and why. */
import { Check, OctagonX } from 'lucide-react';
import type { IdentityRef } from '#lib/orpc/list.ts';
import { IdentityName } from './identity.tsx';

type Vote = { identity: IdentityRef; verdict: 'approve' | 'deny'; reason: string; at: string };

type Need = {
  rule: string;
  words: string;
  count: number;
  approved: number;
  uncovered: readonly string[];
  ownerless: readonly string[];
};

type Props = {
  needed: number;
  /** False once it is decided: then nobody may vote any more. */
  isOpen: boolean;
  /** What the rules ask for; all of it must be met. */
  needs: readonly Need[];
  votes: readonly Vote[];
  eligible: readonly { identity: IdentityRef; because: string }[];
  excluded: readonly { identity: IdentityRef; why: string }[];
};

const excludedShownMax = 12;

function Slot({ vote }: { vote: Vote | undefined }) {
  if (!vote)
    return (
      <li className="rounded-md border border-dashed border-input px-2.5 py-1.5 text-muted-foreground">Vote missing</li>
    );
  const Icon = vote.verdict === 'approve' ? Check : OctagonX;
  return (
    <li className="grid gap-0.5 rounded-md border border-border px-2.5 py-1.5">
      <span className="inline-flex items-center gap-1.5">
        <Icon
          aria-label={vote.verdict === 'approve' ? 'Approved' : 'Denied'}
          className={vote.verdict === 'approve' ? 'size-4 text-allow' : 'size-4 text-deny'}
        />
        <IdentityName identity={vote.identity} />
      </span>
      <span className="text-muted-foreground">“{vote.reason}”</span>
    </li>
  );
}

function Voters({ eligible, excluded }: Pick<Props, 'eligible' | 'excluded'>) {
  return (
    <>
      <div className="grid gap-1">
        <h3 className="text-xs font-medium text-muted-foreground">May decide</h3>
        {eligible.length === 0 ? <p className="text-deny">Nobody: no enabled person fits the rule.</p> : null}
        <ul className="grid gap-1">
          {eligible.map(({ identity, because }) => (
            <li key={identity.id} className="grid">
              <IdentityName identity={identity} />
              <span className="ps-5.5 text-xs text-muted-foreground">{because}</span>
            </li>
          ))}
        </ul>
      </div>
      {excluded.length > 0 ? (
        <div className="grid gap-1">
          <h3 className="text-xs font-medium text-muted-foreground">May not decide</h3>
          <ul className="grid gap-1">
            {excluded.slice(0, excludedShownMax).map(({ identity, why }) => (
              <li key={identity.id} className="grid">
                <IdentityName identity={identity} />
                <span className="ps-5.5 text-xs text-muted-foreground">{why}</span>
              </li>
            ))}
            {excluded.length > excludedShownMax ? (
              <li className="text-xs text-muted-foreground">and {excluded.length - excludedShownMax} more</li>
            ) : null}
          </ul>
        </div>
      ) : null}
    </>
  );
}

export function Quorum({ needed, isOpen, needs, votes, eligible, excluded }: Props) {
  const approvals = votes.filter(vote => vote.verdict === 'approve');
  const slots = [...votes.filter(vote => vote.verdict === 'deny'), ...approvals];
  const missing = isOpen ? Math.max(0, needed - approvals.length) : 0;
  return (
    <div className="grid gap-3">
      <p className="font-medium">
        {approvals.length} of {needed} {needed === 1 ? 'approval' : 'approvals'}
      </p>
      <ul className="grid gap-1">
        {needs.map(need => (
          <li key={`${need.rule} ${need.words}`} className="grid">
            <span>
              {need.words.charAt(0).toUpperCase()}
              {need.words.slice(1)}: {need.approved} of {need.count}
            </span>
            <span className="font-mono text-xs text-muted-foreground">{need.rule}</span>
            {need.uncovered.length > 0 ? (
              <span className="text-xs text-muted-foreground">
                Still without its owner’s vote: {need.uncovered.join(', ')}
              </span>
            ) : null}
            {need.ownerless.length > 0 ? (
              <span className="text-xs text-deny">
                Nobody owns {need.ownerless.join(', ')}: until an administrator names an owner in the catalog, nobody
                can give that vote.
              </span>
            ) : null}
          </li>
        ))}
      </ul>
      <ul className="grid gap-1.5">
        {slots.map(vote => (
          <Slot key={vote.identity.id} vote={vote} />
        ))}
        {Array.from({ length: missing }, (_, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: empty places have no identity
          <Slot key={index} vote={undefined} />
        ))}
      </ul>
      {isOpen ? <Voters eligible={eligible} excluded={excluded} /> : null}
    </div>
  );
}
