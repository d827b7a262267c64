'use client';
/** The REST API, readable: made from the same document that tools read. */
import { useQuery } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { parseAsString, useQueryState } from 'nuqs';
import { useState } from 'react';
import { Badge } from '#components/ui/badge.tsx';
import { buttonStyle } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { CopyButton } from '#components/ui/copy-button.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { Input } from '#components/ui/input.tsx';
import { PageBody, PageHeader } from '#components/ui/page-header.tsx';
import { EmptyState } from '#components/ui/states.tsx';
import { TableCell, TableFrame, TableHead } from '#components/ui/table.tsx';
import { bodySchema, type JsonSchema, type OpenApi, type Operation, operationsByTag, schemaLines } from './openapi.ts';

const documentPath = '/api/v1/openapi.json';
const basePath = '/api/v1';

async function loadDocument(): Promise<OpenApi> {
  const response = await fetch(documentPath);
  if (!response.ok) throw Object.assign(new Error('the document could not be read'), { status: response.status });
  return response.json();
}

function Fields({ label, schema, document }: { label: string; schema: JsonSchema | null; document: OpenApi }) {
  const lines = schema ? schemaLines(schema, document) : [];
  if (lines.length === 0) return null;
  return (
    <div className="grid gap-1">
      <h4 className="text-xs font-medium text-muted-foreground">{label}</h4>
      <TableFrame label={label}>
        <thead>
          <tr>
            <TableHead>Field</TableHead>
            <TableHead>Type</TableHead>
            <TableHead>Notes</TableHead>
          </tr>
        </thead>
        <tbody>
          {lines.map((line, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: variants repeat names, and the lines never change place
            <tr key={`${index} ${line.name}`} className="group/row">
              <TableCell className="font-mono text-xs">
                <span style={{ paddingLeft: `${line.depth}rem` }}>{line.name}</span>
                {line.isRequired ? <span title="required"> *</span> : null}
              </TableCell>
              <TableCell className="font-mono text-xs text-muted-foreground">{line.type}</TableCell>
              <TableCell>{line.note}</TableCell>
            </tr>
          ))}
        </tbody>
      </TableFrame>
    </div>
  );
}

function Parameters({ operation }: { operation: Operation }) {
  if (!operation.parameters?.length) return null;
  return (
    <div className="grid gap-1">
      <h4 className="text-xs font-medium text-muted-foreground">Parameters</h4>
      <ul className="flex flex-wrap gap-x-4 gap-y-1">
        {operation.parameters.map(parameter => (
          <li key={`${parameter.in} ${parameter.name}`}>
            <span className="font-mono text-xs">{parameter.name}</span>
            <span className="text-muted-foreground">
              {' '}
              in {parameter.in}
              {parameter.required ? ', required' : ''}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function curlOf(operation: Operation): string {
  const body = bodySchema(operation.requestBody?.content);
  const data = body ? ` \\\n  -H 'Content-Type: application/json' -d '{ … }'` : '';
  return `curl -X ${operation.method.toUpperCase()} ${window.location.origin}${basePath}${operation.path} \\\n  -H "Authorization: Bearer $WEIR_API_TOKEN"${data}`;
}

function OperationItem({ operation, document }: { operation: Operation; document: OpenApi }) {
  const [isOpen, setOpen] = useState(false);
  const answer = Object.entries(operation.responses ?? {}).find(([status]) => status.startsWith('2'))?.[1];
  return (
    <li className="border-b border-border last:border-b-0">
      <details open={isOpen} onToggle={event => setOpen(event.currentTarget.open)}>
        <summary className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 -outline-offset-2 hover:bg-muted">
          <Badge
            tone={operation.method === 'get' ? 'neutral' : 'outline'}
            className="w-16 justify-center font-mono uppercase"
          >
            {operation.method}
          </Badge>
          <span className="font-mono text-xs break-all">{operation.path}</span>
          <span className="text-muted-foreground">{operation.summary}</span>
        </summary>
        {isOpen ? (
          <div className="grid grid-cols-[minmax(0,1fr)] gap-3 px-4 pt-1 pb-4">
            {operation.description ? <p>{operation.description}</p> : null}
            <Parameters operation={operation} />
            <Fields label="Body" schema={bodySchema(operation.requestBody?.content)} document={document} />
            <Fields label="Answer" schema={bodySchema(answer?.content)} document={document} />
            <div className="flex items-start gap-2 rounded-lg border border-border bg-sql-bg p-2">
              <pre dir="ltr" className="min-w-0 flex-1 font-mono text-xs break-all whitespace-pre-wrap">
                {curlOf(operation)}
              </pre>
              <CopyButton value={curlOf(operation)} what="cURL command" />
            </div>
          </div>
        ) : null}
      </details>
    </li>
  );
}

export function ReferencePage() {
  const [text, setText] = useQueryState('q', parseAsString.withDefault(''));
  const query = useQuery({ queryKey: ['openapi'], queryFn: loadDocument, staleTime: Number.POSITIVE_INFINITY });
  return (
    <PageBody>
      <PageHeader
        title="API reference"
        sentence="Everything this console does, it does through these. Send an API token of your profile as Authorization: Bearer."
      >
        <a href={documentPath} download="weir-openapi.json" className={buttonStyle()}>
          <Download aria-hidden /> OpenAPI 3.1
        </a>
      </PageHeader>
      <search>
        <Input
          aria-label="Find an operation"
          placeholder="Find an operation"
          value={text}
          onChange={event => void setText(event.target.value || null)}
        />
      </search>
      <DataRegion query={query}>
        {document => {
          const groups = operationsByTag(document, text);
          if (groups.length === 0) return <EmptyState title={`No operation matches ${text}`} />;
          return (
            <div className="grid grid-cols-[minmax(0,1fr)] gap-5">
              {groups.map(([tag, operations]) => (
                <section key={tag} aria-label={tag} className="grid grid-cols-[minmax(0,1fr)] gap-2">
                  <h2 className="text-base font-semibold">{tag}</h2>
                  <Card>
                    <ul>
                      {operations.map(operation => (
                        <OperationItem
                          key={`${operation.method} ${operation.path}`}
                          operation={operation}
                          document={document}
                        />
                      ))}
                    </ul>
                  </Card>
                </section>
              ))}
            </div>
          );
        }}
      </DataRegion>
    </PageBody>
  );
}
