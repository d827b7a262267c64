'use client';
/** The schemas and relations of one connection, all loaded together; the server finds columns and classifications in them. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { ChevronRight } from 'lucide-react';
import Link from 'next/link';
import { useDeferredValue, useRef, useState } from 'react';
import { useShortcut } from '#components/keyboard/keyboard.tsx';
import { SensitivityTag } from '#components/shared/sensitivity-tag.tsx';
import { Count } from '#components/ui/badge.tsx';
import { cn } from '#components/ui/cn.ts';
import { inertText } from '#components/ui/inert-text.ts';
import { Input } from '#components/ui/input.tsx';
import { formatCount } from '#components/ui/number-format.ts';
import { ObjectName } from '#components/ui/object-name.tsx';
import { relationKindTitle, type SchemaNode, type CatalogTree as Tree } from '#lib/catalog/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';

/** More relations of a schema are shown on demand. */
const relationsShownMax = 200;
const hitsMax = 20;

function SchemaBranch({
  schema,
  connectionId,
  chosen,
  isFiltered,
}: {
  schema: SchemaNode;
  connectionId: string;
  chosen: number | null;
  isFiltered: boolean;
}) {
  const [isFolded, setFolded] = useState(false);
  const [shown, setShown] = useState(relationsShownMax);
  const isOpen = isFiltered || !isFolded;
  return (
    <li>
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setFolded(!isFolded)}
        className="flex min-h-8 w-full items-center gap-1.5 px-3 text-start -outline-offset-2 hover:bg-muted pointer-coarse:min-h-11"
      >
        <ChevronRight aria-hidden className={cn('size-4 shrink-0 text-muted-foreground', isOpen && 'rotate-90')} />
        <span className="min-w-0 flex-1 truncate font-mono text-xs font-medium" title={inertText(schema.name)}>
          {inertText(schema.name)}
        </span>
        <span className="shrink-0 text-xs text-muted-foreground">{formatCount(schema.relations.length)}</span>
      </button>
      {isOpen ? (
        <ul>
          {schema.relations.slice(0, shown).map(relation => (
            <li key={relation.oid}>
              <Link
                href={`/catalog/${connectionId}/${relation.oid}`}
                aria-current={relation.oid === chosen ? 'page' : undefined}
                scroll={false}
                className={cn(
                  'flex min-h-8 items-center gap-1.5 py-1 pe-3 ps-8 -outline-offset-2 hover:bg-muted pointer-coarse:min-h-11',
                  relation.oid === chosen && 'bg-accent shadow-[inset_2px_0_var(--primary)] hover:bg-accent',
                )}
              >
                <span
                  className="min-w-0 flex-1 truncate font-mono text-xs"
                  title={`${inertText(relation.name)}, ${relationKindTitle[relation.kind]}`}
                >
                  {inertText(relation.name)}
                </span>
                {relation.openSuggestions > 0 ? (
                  <Count value={relation.openSuggestions} title="open suggestions" />
                ) : null}
                {relation.level ? <SensitivityTag level={relation.level} isPipsOnly className="shrink-0" /> : null}
              </Link>
            </li>
          ))}
          {schema.relations.length > shown ? (
            <li className="py-1 ps-8">
              <button
                type="button"
                className="min-h-6 text-link hover:underline"
                onClick={() => setShown(shown + relationsShownMax)}
              >
                Show {formatCount(Math.min(relationsShownMax, schema.relations.length - shown))} more
              </button>
            </li>
          ) : null}
        </ul>
      ) : null}
    </li>
  );
}

/** Columns of this connection whose name or classification matches. */
function ColumnHits({ text, connectionId }: { text: string; connectionId: string }) {
  const { data } = useQuery({
    ...orpc.catalog.search.queryOptions({ input: { q: text, connectionId, limit: hitsMax } }),
    placeholderData: keepPreviousData,
  });
  const hits = data?.items.filter(hit => hit.type === 'column') ?? [];
  if (hits.length === 0) return null;
  return (
    <li>
      <h3 className="px-3 pt-2 pb-1 text-xs font-medium text-muted-foreground">Columns</h3>
      <ul>
        {hits.map(hit => (
          <li key={`${hit.oid} ${hit.attnum}`}>
            <Link
              href={`/catalog/${connectionId}/${hit.oid}`}
              scroll={false}
              className="flex min-h-8 items-center gap-1.5 px-3 py-1 -outline-offset-2 hover:bg-muted pointer-coarse:min-h-11"
            >
              <ObjectName
                className="min-w-0 flex-1 wrap-anywhere"
                parts={[hit.relation, hit.column ?? '']}
                partClassName={at => (at === 0 ? 'text-muted-foreground' : undefined)}
              />
              {hit.level ? <SensitivityTag level={hit.level} isPipsOnly className="shrink-0" /> : null}
            </Link>
          </li>
        ))}
      </ul>
    </li>
  );
}

export function CatalogTree({ tree, chosen }: { tree: Tree; chosen: number | null }) {
  const [text, setText] = useState('');
  const input = useRef<HTMLInputElement>(null);
  useShortcut('list.filter', () => input.current?.focus());
  const searched = useDeferredValue(text.trim());
  const needle = text.trim().toLowerCase();
  const schemas = needle
    ? tree.schemas
        .map(schema => ({
          ...schema,
          relations: schema.relations.filter(relation =>
            `${schema.name}.${relation.name}`.toLowerCase().includes(needle),
          ),
        }))
        .filter(schema => schema.relations.length > 0)
    : tree.schemas;
  return (
    <div className="grid gap-2">
      <div className="px-3 pt-3">
        <Input
          ref={input}
          aria-label="Find a table, view or column"
          placeholder="Find a table, view or column"
          value={text}
          onChange={event => setText(event.target.value)}
        />
      </div>
      <ul aria-label="Schemas" className="max-h-[70dvh] overflow-y-auto pb-2">
        {schemas.map(schema => (
          <SchemaBranch
            key={schema.name}
            schema={schema}
            connectionId={tree.connection.id}
            chosen={chosen}
            isFiltered={needle !== ''}
          />
        ))}
        {schemas.length === 0 ? <li className="px-3 py-2 text-muted-foreground">No table has that name.</li> : null}
        {searched ? <ColumnHits text={searched} connectionId={tree.connection.id} /> : null}
      </ul>
    </div>
  );
}
