'use client';
/** Who must agree, how long there is, what state it is in, and the two verdicts. */
import { useState } from 'react';
import { useShortcut } from '#components/keyboard/keyboard.tsx';
import { keyCaps } from '#components/keyboard/shortcuts.ts';
import { Quorum } from '#components/shared/quorum.tsx';
import { ReasonDialog } from '#components/shared/reason-dialog.tsx';
import { useCommand } from '#components/shell/use-command.ts';
import { Button } from '#components/ui/button.tsx';
import { Dialog, DialogPanel } from '#components/ui/dialog.tsx';
import { Kbd } from '#components/ui/kbd.tsx';
import { formatCount, plural } from '#components/ui/number-format.ts';
import { Popover, PopoverAnchor, PopoverPanel } from '#components/ui/popover.tsx';
import { Countdown, TimeText } from '#components/ui/time.tsx';
import { narrowScreen, useMediaQuery } from '#components/ui/use-media-query.ts';
import { exclusionTitle, type RequestDetail } from '#lib/approvals/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';
import { DecideForm, type Verdict } from './decide-form.tsx';
import { Meanwhile } from './meanwhile.tsx';
import { RequestStateBadge } from './request-state.tsx';

const titles: Readonly<Record<Verdict, string>> = { approve: 'Approve this request', deny: 'Deny this request' };

function Verdicts({ request }: { request: RequestDetail }) {
  const isNarrow = useMediaQuery(narrowScreen);
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const { canDecide } = request.viewer;
  useShortcut('request.approve', () => setVerdict('approve'), canDecide);
  useShortcut('request.deny', () => setVerdict('deny'), canDecide);
  const close = () => setVerdict(null);
  const form = verdict ? <DecideForm key={verdict} request={request} verdict={verdict} onDone={close} /> : null;
  // The form stays while it is open, whatever happens to the request: it says so, and keeps what was written.
  const buttons = canDecide ? (
    <div className="grid grid-cols-2 gap-2">
      <Button variant="allow" onClick={() => setVerdict('approve')}>
        Approve… <Kbd keys={keyCaps('request.approve')} isInverse className="max-sm:hidden" />
      </Button>
      <Button variant="destructive" onClick={() => setVerdict('deny')}>
        Deny… <Kbd keys={keyCaps('request.deny')} isInverse className="max-sm:hidden" />
      </Button>
    </div>
  ) : null;
  if (isNarrow) {
    return (
      <>
        {buttons}
        <Dialog open={verdict !== null} onOpenChange={isOpen => isOpen || close()}>
          {verdict ? (
            <DialogPanel kind="bottom" title={titles[verdict]}>
              {form}
            </DialogPanel>
          ) : null}
        </Dialog>
      </>
    );
  }
  return (
    <Popover open={verdict !== null} onOpenChange={isOpen => isOpen || close()}>
      <PopoverAnchor>{buttons}</PopoverAnchor>
      {verdict ? (
        <PopoverPanel align="end" aria-label={titles[verdict]} className="w-96">
          <h3 className="pb-2 text-base font-semibold">{titles[verdict]}</h3>
          {form}
        </PopoverPanel>
      ) : null}
    </Popover>
  );
}

function OwnActions({ request }: { request: RequestDetail }) {
  const [isRevoking, setRevoking] = useState(false);
  const changes = [orpc.approvals.requests.key(), orpc.approvals.grants.key()];
  const withdraw = useCommand(orpc.approvals.requests.withdraw.mutationOptions(), {
    doing: 'withdraw the request',
    done: 'Request withdrawn',
    changes,
  });
  const revoke = useCommand(orpc.approvals.requests.revoke.mutationOptions(), {
    doing: 'revoke the approval',
    done: 'Approval revoked',
    changes,
    isRefusalShown: true,
  });
  return (
    <>
      {request.viewer.canWithdraw ? (
        <Button pending={withdraw.isPending} onClick={() => withdraw.mutate({ id: request.id })}>
          Withdraw request
        </Button>
      ) : null}
      {request.viewer.canRevoke || isRevoking ? (
        <ReasonDialog
          isOpen={isRevoking}
          onOpenChange={setRevoking}
          trigger={<Button disabled={!request.viewer.canRevoke}>Revoke approval…</Button>}
          overtaken={request.viewer.canRevoke ? null : (kept: string) => <Meanwhile request={request} kept={kept} />}
          title="Revoke this approval"
          effect="It can no longer be used. What has run stays as it is."
          action="Revoke approval"
          pending={revoke.isPending}
          onConfirm={reason => revoke.mutateAsync({ id: request.id, reason })}
        />
      ) : null}
    </>
  );
}

export function DecisionActions({ request }: { request: RequestDetail }) {
  const { viewer } = request;
  return (
    <div className="grid gap-2">
      <Verdicts request={request} />
      {!viewer.canDecide && viewer.cannotDecideBecause && request.state === 'pending' ? (
        <p className="rounded-md bg-muted px-3 py-2">You cannot decide this: {viewer.cannotDecideBecause}.</p>
      ) : null}
      <OwnActions request={request} />
    </div>
  );
}

type RanProps = {
  outcome: NonNullable<NonNullable<RequestDetail['statement']>['outcome']>;
  expected: RequestDetail['rows'];
};

/** What happened against what was expected. */
function RanSentence({ outcome, expected }: RanProps) {
  if (outcome.outcome === 'cancelled') return <p>It was cancelled while it ran.</p>;
  if (outcome.outcome === 'error')
    return <p>It failed{outcome.sqlstate ? ` with ${outcome.sqlstate}` : ''}; nothing was changed by it.</p>;
  const against = expected ? `, ${expected.exact ? 'counted before' : 'expected'}: ${formatCount(expected.value)}` : '';
  return (
    <p>
      It ran: {plural(outcome.rows, 'row')}
      {against}.
    </p>
  );
}

/** How long there is and what is missing, in one line beside the verdicts: the rail itself stands at the end of the page there. */
export function DecisionStand({ request: { votes, expiresAt } }: { request: RequestDetail }) {
  return (
    <p className="flex justify-between gap-3 pb-2 text-xs text-muted-foreground">
      <span>
        {formatCount(votes.approved)} of {plural(votes.needed, 'approval')}
      </span>
      <Countdown until={expiresAt} />
    </p>
  );
}

/** `areActionsElsewhere`: on narrow screens they stand at the bottom of the screen. */
export function DecisionRail({
  request,
  areActionsElsewhere,
}: {
  request: RequestDetail;
  areActionsElsewhere: boolean;
}) {
  const { approvers, statement, access } = request;
  return (
    <div className="grid gap-4">
      <div className="grid gap-1">
        <div className="flex flex-wrap items-center gap-2">
          <RequestStateBadge state={request.state} />
          {request.state === 'pending' ? (
            <Countdown until={request.expiresAt} className="text-muted-foreground" />
          ) : null}
        </div>
        {request.state === 'pending' && request.waiting ? (
          <p className="text-muted-foreground">The client waits on the line.</p>
        ) : null}
        {request.state === 'approved' && request.usableUntil ? (
          <p>
            May be used once until <TimeText value={request.usableUntil} isRelativeShown={false} />.
          </p>
        ) : null}
        {statement?.outcome ? <RanSentence outcome={statement.outcome} expected={request.rows} /> : null}
        {access?.grant ? (
          <p>
            Grant until <TimeText value={access.grant.expiresAt} />
            {access.grant.revokedAt ? ', revoked' : ''}.
          </p>
        ) : null}
      </div>
      {areActionsElsewhere ? null : <DecisionActions request={request} />}
      <Quorum
        needed={request.votes.needed}
        isOpen={request.state === 'pending'}
        votes={request.voteList}
        needs={approvers.needs.map(need => ({
          rule: need.rule,
          words: need.words,
          count: need.approvers.count,
          approved: need.approved,
          uncovered: need.uncovered,
          ownerless: need.ownerless,
        }))}
        eligible={approvers.eligible}
        excluded={approvers.excluded.map(({ identity, reason }) => ({ identity, why: exclusionTitle[reason] }))}
      />
    </div>
  );
}
