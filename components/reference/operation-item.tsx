'use client';
/** One operation of the API: who may call it, with what, what it answers, and a call to paste. */
import type { ReactNode } from 'react';
import { Badge } from '#components/ui/badge.tsx';
import { Clause } from '#components/ui/clause.tsx';
import { cn } from '#components/ui/cn.ts';
import { CopyButton } from '#components/ui/copy-button.tsx';
import { curlOf } from './example.ts';
import {
  answersOf,
  authenticationOf,
  bodyOf,
  type JsonSchema,
  type OpenApi,
  type Operation,
  type Parameter,
} from './openapi.ts';
import { notesOf, schemaLines, typeOf } from './schema-lines.ts';

export const basePath = '/api/v1';

type Line = { key: string; depth: number; name: string; type: string; isRequired: boolean; note: string };

/** In what is sent, what is needed stands out; in what comes back, what may be missing. */
function Presence({ isRequired, isAnswer }: { isRequired: boolean; isAnswer: boolean }) {
  if (isRequired === isAnswer) return null;
  return <span className="text-2xs text-approve">{isRequired ? 'required' : 'may be absent'}</span>;
}

type LinesProps = { lines: readonly Line[]; label: string; isAnswer?: boolean };

function Lines({ lines, label, isAnswer = false }: LinesProps) {
  return (
    <ul aria-label={label} className="grid rounded-lg border border-border">
      {lines.map(line => (
        <li
          key={line.key}
          className="flex flex-wrap items-baseline gap-x-2 border-b border-border px-3 py-1 last:border-b-0"
          style={{ paddingLeft: `${0.75 + line.depth}rem` }}
        >
          <span className="font-mono text-xs font-medium break-all">{line.name}</span>
          <span className="font-mono text-xs break-words text-muted-foreground">{line.type}</span>
          <Presence isRequired={line.isRequired} isAnswer={isAnswer} />
          {line.note ? <span className="min-w-0 text-xs break-words">{line.note}</span> : null}
        </li>
      ))}
    </ul>
  );
}

function Section({ title, children }: { title: ReactNode; children: ReactNode }) {
  return (
    <section className="grid grid-cols-[minmax(0,1fr)] gap-1">
      <h3 className="text-xs font-medium text-muted-foreground">{title}</h3>
      {children}
    </section>
  );
}

const places: Readonly<Record<string, string>> = { path: 'In the path', query: 'In the query', header: 'Headers' };

const parameterLine = ({ name, required, schema, description }: Parameter): Line => ({
  key: name,
  depth: 0,
  name,
  type: schema ? typeOf(schema) : 'string',
  isRequired: required ?? false,
  note: notesOf({ ...schema, ...(description ? { description } : {}) }),
});

function Parameters({ operation }: { operation: Operation }) {
  return Object.entries(places).map(([place, title]) => {
    const lines = (operation.parameters ?? []).filter(each => each.in === place).map(parameterLine);
    return lines.length === 0 ? null : (
      <Section key={place} title={title}>
        <Lines lines={lines} label={title} />
      </Section>
    );
  });
}

type FieldsProps = {
  title: ReactNode;
  label: string;
  schema: JsonSchema | null;
  document: OpenApi;
  isAnswer?: boolean;
};

function Fields({ title, label, schema, document, isAnswer = false }: FieldsProps) {
  // Variants of one shape repeat their names.
  const lines = (schema ? schemaLines(schema, document) : []).map((line, index) => ({ ...line, key: `${index}` }));
  return (
    <Section title={title}>
      {lines.length > 0 ? (
        <Lines lines={lines} label={label} isAnswer={isAnswer} />
      ) : (
        <p className="font-mono text-xs text-muted-foreground">{schema ? typeOf(schema) : 'no body'}</p>
      )}
    </Section>
  );
}

function Answers({ operation, document }: { operation: Operation; document: OpenApi }) {
  const { good, bad } = answersOf(operation);
  return (
    <>
      {good.map(answer => {
        const body = bodyOf(answer.content);
        return (
          <Fields
            key={answer.status}
            title={`Answers ${answer.status}${body ? `, ${body.mediaType}` : ''}`}
            label={`Answer ${answer.status}`}
            schema={body?.schema ?? null}
            document={document}
            isAnswer
          />
        );
      })}
      {bad.length > 0 ? (
        <Section title="Refusals, as RFC 9457 problem details">
          <ul className="grid gap-0.5">
            {bad.map(answer => (
              <li key={answer.status} className="flex gap-2">
                <span className="font-mono text-xs leading-5">{answer.status}</span>
                <span>
                  <Clause text={answer.description ?? ''} />
                </span>
              </li>
            ))}
          </ul>
        </Section>
      ) : null}
    </>
  );
}

function Detail({ operation, document }: { operation: Operation; document: OpenApi }) {
  // The permission is said with the rest of the authentication.
  const about = operation.description?.replace(/^Needs `[\w:]+`\.\s*/, '');
  const body = bodyOf(operation.requestBody?.content);
  const curl = curlOf(operation, document, `${window.location.origin}${basePath}`);
  const link = `${window.location.origin}/api-reference?op=${encodeURIComponent(operation.id)}`;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4 px-4 pt-1 pb-4">
      {about ? (
        <p>
          <Clause text={about} />
        </p>
      ) : null}
      <Section title="Authentication">
        <p>{authenticationOf(operation)}</p>
      </Section>
      <Parameters operation={operation} />
      {body ? <Fields title={`Body, ${body.mediaType}`} label="Body" schema={body.schema} document={document} /> : null}
      <Section title="Example">
        <div className="flex items-start gap-2 rounded-lg border border-border bg-sql-bg p-2">
          <pre dir="ltr" className="min-w-0 flex-1 font-mono text-xs leading-5 break-all whitespace-pre-wrap">
            {curl}
          </pre>
          <CopyButton value={curl} what="cURL command" />
        </div>
      </Section>
      <Answers operation={operation} document={document} />
      <CopyButton
        value={link}
        what={`link to ${operation.id}`}
        label="Copy a link to this operation"
        className="justify-self-start"
      />
    </div>
  );
}

type Props = { operation: Operation; document: OpenApi; isOpen: boolean; onToggle: (isOpen: boolean) => void };

export function OperationItem({ operation, document, isOpen, onToggle }: Props) {
  return (
    <li id={operation.id} className="scroll-mt-16 border-b border-border last:border-b-0">
      <details open={isOpen} onToggle={event => onToggle(event.currentTarget.open)}>
        <summary
          className={cn(
            'flex cursor-pointer flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 -outline-offset-2 hover:bg-muted',
            isOpen && 'bg-accent',
          )}
        >
          <Badge
            tone={operation.method === 'get' ? 'neutral' : 'outline'}
            className="w-16 justify-center font-mono uppercase"
          >
            {operation.method}
          </Badge>
          <span className="font-mono text-xs break-all">{operation.path}</span>
          <span className="text-muted-foreground">{operation.summary}</span>
        </summary>
        {isOpen ? <Detail operation={operation} document={document} /> : null}
      </details>
    </li>
  );
}
