'use client';
/** A policy document as YAML, with what is wrong at its place, and publishing. */
import { useQuery } from '@tanstack/react-query';
import { CircleCheck, OctagonX, TriangleAlert } from 'lucide-react';
import dynamic from 'next/dynamic';
import { useEffect, useMemo, useState } from 'react';
import { useShortcut } from '#components/keyboard/keyboard.tsx';
import { keyCaps } from '#components/keyboard/shortcuts.ts';
import { useCan } from '#components/shell/caller.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card, CardBody, CardHeader } from '#components/ui/card.tsx';
import { Clause } from '#components/ui/clause.tsx';
import type { EditorPlace } from '#components/ui/code-editor.tsx';
import { DiffView } from '#components/ui/diff-view.tsx';
import { describeFailure } from '#components/ui/failure.ts';
import { Kbd } from '#components/ui/kbd.tsx';
import { plural } from '#components/ui/number-format.ts';
import { Skeleton } from '#components/ui/skeleton.tsx';
import { PartialStrip } from '#components/ui/states.tsx';
import { orpc } from '#lib/orpc/browser.ts';
import type { PolicyDiagnostic } from '#lib/policy/schema.ts';
import { PublishDialog } from './publish-dialog.tsx';
import { useDiagnostics } from './use-diagnostics.ts';

const CodeEditor = dynamic(() => import('#components/ui/code-editor.tsx').then(module => module.CodeEditor), {
  ssr: false,
  loading: () => <Skeleton className="h-full" />,
});

type DiagnosticsProps = {
  diagnostics: readonly PolicyDiagnostic[];
  isCurrent: boolean;
  /** Puts the caret where one is. */
  onGo: (place: EditorPlace) => void;
};

function Diagnostics({ diagnostics, isCurrent, onGo }: DiagnosticsProps) {
  const errors = diagnostics.filter(each => each.severity === 'error').length;
  if (diagnostics.length === 0) {
    return (
      <p className="flex items-center gap-1.5 text-muted-foreground">
        <CircleCheck aria-hidden className="size-4 text-allow" /> {isCurrent ? 'The document is valid.' : 'Checking…'}
      </p>
    );
  }
  return (
    <div className="grid gap-1.5" aria-busy={!isCurrent}>
      <p>
        {plural(errors, 'error')}, {plural(diagnostics.length - errors, 'warning')}
        {isCurrent ? '' : '; checking…'}
      </p>
      <ul className="grid gap-1">
        {diagnostics.map(each => (
          <li key={`${each.line}:${each.column} ${each.message}`} className="flex items-start gap-1.5">
            {each.severity === 'error' ? (
              <OctagonX aria-label="Error" className="mt-0.5 size-4 shrink-0 text-deny" />
            ) : (
              <TriangleAlert aria-label="Warning" className="mt-0.5 size-4 shrink-0 text-approve" />
            )}
            <button
              type="button"
              className="min-h-6 min-w-0 text-start wrap-anywhere hover:underline"
              onClick={() => onGo({ line: each.line, column: each.column })}
            >
              <span className="font-mono text-xs text-link">
                {each.line}:{each.column}
              </span>{' '}
              <Clause text={each.message} />
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Somebody published while this was edited: nothing is lost, and nothing is overwritten unseen. */
function Conflict({
  name,
  yaml,
  onRebase,
}: {
  name: string;
  yaml: string;
  onRebase: (version: number, published: string) => void;
}) {
  const latest = useQuery(orpc.policy.policies.get.queryOptions({ input: { name } }));
  if (!latest.data) return null;
  const { currentVersion, yaml: theirs } = latest.data;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-2">
      <PartialStrip>
        <div className="flex flex-wrap items-center gap-2">
          <span>Version {currentVersion} was published while you edited. Below: from that version to your text.</span>
          <Button size="small" onClick={() => onRebase(currentVersion, theirs)}>
            Go on from version {currentVersion}
          </Button>
        </div>
      </PartialStrip>
      <DiffView before={theirs} after={yaml} label="From the published version to this text" />
    </div>
  );
}

/** Leaving with unpublished text asks first. */
function useLeaveGuard(isDirty: boolean) {
  useEffect(() => {
    if (!isDirty) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [isDirty]);
}

type Props = {
  /** Null for a policy that does not exist yet: then the document names it. */
  name: string | null;
  initialYaml: string;
  /** Null where there is nothing to edit from. */
  version: number | null;
  onPublished: (name: string, version: number) => void;
};

export function PolicyEditor({ name, initialYaml, version, onPublished }: Props) {
  const canWrite = useCan('policy:write');
  const [yaml, setYaml] = useState(initialYaml);
  const [base, setBase] = useState({ version, published: version === null ? '' : initialYaml });
  const [place, setPlace] = useState<EditorPlace | null>(null);
  const [isPublishing, setPublishing] = useState(false);
  const [isConflict, setConflict] = useState(false);
  const { diagnostics, policy, isCurrent, error } = useDiagnostics(yaml);
  const isDirty = yaml !== base.published;
  useLeaveGuard(isDirty && canWrite);
  const hasError = diagnostics.some(each => each.severity === 'error');
  const documentName = policy?.name ?? name;
  const isReady =
    canWrite && isDirty && isCurrent && !hasError && documentName !== null && (name === null || documentName === name);
  const publish = () => isReady && setPublishing(true);
  useShortcut('policy.publish', publish, canWrite);
  const shown = useMemo(
    () => diagnostics.map(({ line, column, message, severity }) => ({ line, column, message, severity })),
    [diagnostics],
  );
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4 lg:grid-cols-[minmax(0,1fr)_20rem]">
      <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
        {isConflict && name !== null ? (
          <Conflict
            name={name}
            yaml={yaml}
            onRebase={(rebased, published) => {
              setBase({ version: rebased, published });
              setConflict(false);
            }}
          />
        ) : null}
        <div className="h-[34rem] max-h-[70dvh]">
          <CodeEditor
            value={yaml}
            onChange={setYaml}
            diagnostics={shown}
            place={place}
            label="Policy document"
            isReadOnly={!canWrite}
            onSave={publish}
          />
        </div>
      </div>
      <div className="grid content-start gap-4">
        {canWrite ? (
          <div className="grid gap-1">
            <Button variant="primary" disabled={!isReady} onClick={publish}>
              Publish… <Kbd keys={keyCaps('policy.publish')} isInverse className="max-sm:hidden" />
            </Button>
            {isDirty ? null : (
              <p className="text-xs text-muted-foreground">Nothing to publish: this is version {base.version}.</p>
            )}
          </div>
        ) : null}
        <Card>
          <CardHeader title="Check" />
          <CardBody>
            {error ? (
              <p className="text-deny">{describeFailure(error).message}</p>
            ) : (
              <Diagnostics diagnostics={diagnostics} isCurrent={isCurrent} onGo={setPlace} />
            )}
            {name !== null && policy && policy.name !== name ? (
              <p className="pt-2 text-deny">
                The document names {policy.name}. A policy keeps its name; make a new one instead.
              </p>
            ) : null}
          </CardBody>
        </Card>
      </div>
      {documentName === null ? null : (
        <PublishDialog
          isOpen={isPublishing}
          draft={{ name: documentName, yaml, published: base.published, expectedVersion: base.version }}
          onPublished={next => {
            setBase({ version: next, published: yaml });
            onPublished(documentName, next);
          }}
          onConflict={() => setConflict(true)}
          onClose={() => setPublishing(false)}
        />
      )}
    </div>
  );
}
