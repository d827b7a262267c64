'use client';
/** The REST API, readable: made from the same document that tools read. */
import { useQuery } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import Link from 'next/link';
import { parseAsString, useQueryStates } from 'nuqs';
import { useEffect, useRef } from 'react';
import { useShortcut } from '#components/keyboard/keyboard.tsx';
import { buttonStyle } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { Input } from '#components/ui/input.tsx';
import { plural } from '#components/ui/number-format.ts';
import { PageBody, PageHeader } from '#components/ui/page-header.tsx';
import { NoMatch } from '#components/ui/states.tsx';
import { type OpenApi, type Operation, operationsByTag } from './openapi.ts';
import { basePath, OperationItem } from './operation-item.tsx';

const documentPath = '/api/v1/openapi.json';

async function loadDocument(): Promise<OpenApi> {
  const response = await fetch(documentPath);
  if (!response.ok) throw Object.assign(new Error('the document could not be read'), { status: response.status });
  return response.json();
}

const tagId = (tag: string): string => `tag-${tag.toLowerCase().replaceAll(/\W+/g, '-')}`;

type Groups = readonly (readonly [string, readonly Operation[]])[];

function TagList({ groups }: { groups: Groups }) {
  return (
    <nav aria-label="Groups of operations" className="max-lg:hidden lg:sticky lg:top-16">
      <ul className="grid gap-0.5">
        {groups.map(([tag, operations]) => (
          <li key={tag}>
            <a
              href={`#${tagId(tag)}`}
              className="flex min-h-8 items-center justify-between rounded-md px-2 hover:bg-muted"
            >
              {tag}
              <span className="text-xs text-muted-foreground tabular-nums">{operations.length}</span>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

type Open = { id: string | null; toggle: (id: string, isOpen: boolean) => void };

function Operations({ groups, document, open }: { groups: Groups; document: OpenApi; open: Open }) {
  const wanted = useRef(open.id);
  useEffect(() => {
    // Only where the address named it: whoever opens one by hand is there already.
    if (wanted.current) window.document.getElementById(wanted.current)?.scrollIntoView();
    wanted.current = null;
  }, []);
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-5 lg:grid-cols-[12rem_minmax(0,1fr)]">
      <TagList groups={groups} />
      <div className="grid grid-cols-[minmax(0,1fr)] gap-5">
        {groups.map(([tag, operations]) => (
          <section
            key={tag}
            id={tagId(tag)}
            aria-label={tag}
            className="grid scroll-mt-16 grid-cols-[minmax(0,1fr)] gap-2"
          >
            <h2 className="text-base font-semibold">{tag}</h2>
            <p className="text-muted-foreground">{document.tags?.find(each => each.name === tag)?.description}</p>
            <Card>
              <ul>
                {operations.map(operation => (
                  <OperationItem
                    key={operation.id}
                    operation={operation}
                    document={document}
                    isOpen={operation.id === open.id}
                    onToggle={isOpen => open.toggle(operation.id, isOpen)}
                  />
                ))}
              </ul>
            </Card>
          </section>
        ))}
      </div>
    </div>
  );
}

export function ReferencePage() {
  const [{ q, op }, setState] = useQueryStates({ q: parseAsString.withDefault(''), op: parseAsString });
  const input = useRef<HTMLInputElement>(null);
  useShortcut('list.filter', () => input.current?.focus());
  const query = useQuery({ queryKey: ['openapi'], queryFn: loadDocument, staleTime: Number.POSITIVE_INFINITY });
  const groups = query.data ? operationsByTag(query.data, q) : [];
  const found = groups.reduce((sum, [, operations]) => sum + operations.length, 0);
  const toggle = (id: string, isOpen: boolean) => {
    if (isOpen) void setState({ op: id });
    else if (id === op) void setState({ op: null });
  };
  return (
    <PageBody>
      <PageHeader
        title="API reference"
        sentence={
          <>
            Everything this console does, it does through these, below{' '}
            <span className="font-mono text-xs">{basePath}</span>. Make an API token on{' '}
            <Link href="/profile" className="text-link underline">
              your page
            </Link>{' '}
            and send it as Authorization: Bearer.
          </>
        }
      >
        <a href={documentPath} download="weir-openapi.json" className={buttonStyle()}>
          <Download aria-hidden /> OpenAPI 3.1
        </a>
      </PageHeader>
      <search className="grid gap-1">
        <Input
          ref={input}
          type="search"
          aria-label="Find an operation"
          placeholder="Find an operation by path, words or permission"
          value={q}
          onChange={event => void setState({ q: event.target.value || null })}
        />
        <p role="status" className="text-xs text-muted-foreground">
          {query.data ? plural(found, 'operation') : ''}
        </p>
      </search>
      <DataRegion
        query={query}
        isEmpty={() => found === 0}
        empty={<NoMatch query={q} onClear={() => void setState({ q: null })} />}
      >
        {document => <Operations groups={groups} document={document} open={{ id: op, toggle }} />}
      </DataRegion>
    </PageBody>
  );
}
