'use client';
/** The schemas and relations of one connection, searched and folded in the browser: one connection's names are loaded together. */
import { ChevronRight } from 'lucide-react';
import Link from 'next/link';
import { useState } from 'react';
import type { z } from 'zod';
import { OwnerName } from '#components/shared/owner-name.tsx';
import { SensitivityTag } from '#components/shared/sensitivity-tag.tsx';
import { Count } from '#components/ui/badge.tsx';
import { cn } from '#components/ui/cn.ts';
import { inertText } from '#components/ui/inert-text.ts';
import { Input } from '#components/ui/input.tsx';
import { formatCount } from '#components/ui/number-format.ts';
import type { schemasOutputSchema } from '#lib/catalog/schema.ts';
import { relationKindTitle } from '#lib/catalog/schema.ts';

type Tree = z.infer<typeof schemasOutputSchema>;
type Schema = Tree['schemas'][number];

/** More relations of a schema are shown on demand. */
const relationsShownMax = 200;

function SchemaBranch({
  schema,
  connectionId,
  chosen,
  isFiltered,
}: {
  schema: Schema;
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
        className="flex min-h-8 w-full items-center gap-1.5 px-3 text-left -outline-offset-2 hover:bg-muted pointer-coarse:min-h-11"
      >
        <ChevronRight aria-hidden className={cn('size-4 shrink-0 text-muted-foreground', isOpen && 'rotate-90')} />
        <span className="truncate font-mono text-xs font-medium">{inertText(schema.name)}</span>
        <span className="ml-auto shrink-0 text-xs text-muted-foreground">
          {schema.owner ? <OwnerName owner={schema.owner} /> : formatCount(schema.relations.length)}
        </span>
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
                  'flex min-h-8 items-center gap-1.5 py-1 pr-3 pl-8 -outline-offset-2 hover:bg-muted pointer-coarse:min-h-11',
                  relation.oid === chosen && 'bg-accent shadow-[inset_2px_0_var(--primary)] hover:bg-accent',
                )}
              >
                <span className="min-w-0 flex-1 truncate font-mono text-xs" title={relationKindTitle[relation.kind]}>
                  {inertText(relation.name)}
                </span>
                {relation.openSuggestions > 0 ? (
                  <Count value={relation.openSuggestions} title="open suggestions" />
                ) : null}
                {relation.level ? <SensitivityTag level={relation.level} /> : null}
              </Link>
            </li>
          ))}
          {schema.relations.length > shown ? (
            <li className="py-1 pl-8">
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

export function CatalogTree({ tree, chosen }: { tree: Tree; chosen: number | null }) {
  const [text, setText] = useState('');
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
          aria-label="Find a table or view"
          placeholder="Find a table or view"
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
        {schemas.length === 0 ? <li className="px-3 py-4 text-muted-foreground">Nothing has that name.</li> : null}
      </ul>
    </div>
  );
}
