'use client';
/** A whole statement: numbered lines that can be linked to, wrapping on or off, copied as it is shown. */
import { AlignLeft, WrapText } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useShortcut } from '#components/keyboard/keyboard.tsx';
import { Button } from '#components/ui/button.tsx';
import { cn } from '#components/ui/cn.ts';
import { CopyButton } from '#components/ui/copy-button.tsx';
import { formatSql } from '#components/ui/sql-format.ts';
import { colouredLines, SqlTokens } from '#components/ui/sql-text.tsx';

type Props = {
  sql: string;
  /** Says under the block what its placeholders stand for. */
  note?: string;
  /** Gives the lines addresses such as #L12; once per page. */
  isAddressed?: boolean;
};

/** More lines are shown on demand. */
const linesShownMax = 400;

export function SqlBlock({ sql, note, isAddressed = false }: Props) {
  const [isWrapped, setWrapped] = useState(true);
  const [isWhole, setWhole] = useState(false);
  useShortcut('request.wrap', () => setWrapped(wrapped => !wrapped), isAddressed);
  const [isLaidOut, setLaidOut] = useState(true);
  const formatted = useMemo(() => formatSql(sql), [sql]);
  const text = isLaidOut ? formatted : sql;
  const lines = useMemo(() => colouredLines(text), [text]);
  const shown = isWhole ? lines : lines.slice(0, linesShownMax);
  return (
    <figure className="grid min-w-0 gap-1">
      <div className="relative min-w-0 rounded-lg border border-border bg-sql-bg">
        <div className="absolute top-1 right-1 z-10 flex gap-0.5 rounded-md bg-sql-bg">
          {formatted === sql ? null : (
            <Button
              variant="ghost"
              size="smallIcon"
              aria-label="Lay out over several lines"
              title={isLaidOut ? 'Show as recorded' : 'Lay out over several lines'}
              aria-pressed={isLaidOut}
              className="aria-pressed:bg-accent"
              onClick={() => setLaidOut(!isLaidOut)}
            >
              <AlignLeft aria-hidden />
            </Button>
          )}
          <Button
            variant="ghost"
            size="smallIcon"
            aria-label="Wrap long lines"
            aria-pressed={isWrapped}
            className="aria-pressed:bg-accent"
            onClick={() => setWrapped(!isWrapped)}
          >
            <WrapText aria-hidden />
          </Button>
          <CopyButton value={text} what="statement" />
        </div>
        <section
          dir="ltr"
          aria-label="Text of the statement"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
          tabIndex={0}
          className="max-h-[32rem] overflow-auto rounded-lg py-2 font-mono text-xs leading-5"
        >
          <code className={cn('grid', isWrapped ? 'whitespace-pre-wrap' : 'w-max min-w-full whitespace-pre')}>
            {shown.map((line, index) => (
              <span
                // biome-ignore lint/suspicious/noArrayIndexKey: a line is its number
                key={index}
                id={isAddressed ? `L${index + 1}` : undefined}
                className="grid grid-cols-[2.75rem_minmax(0,1fr)] pe-28 target:bg-accent"
              >
                <span aria-hidden className="pe-3 text-end text-muted-foreground select-none">
                  {index + 1}
                </span>
                <span>
                  <SqlTokens tokens={line} />
                  {'\n'}
                </span>
              </span>
            ))}
          </code>
        </section>
      </div>
      {lines.length > shown.length ? (
        <Button size="small" className="w-fit" onClick={() => setWhole(true)}>
          Show all {lines.length} lines (searching the page finds only what is shown)
        </Button>
      ) : null}
      {note ? <figcaption className="text-xs text-muted-foreground">{note}</figcaption> : null}
    </figure>
  );
}
