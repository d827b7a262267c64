/** SQL as highlighted text: one line in lists, a numbered block elsewhere. Static, so that a list of a hundred stays light. */
import { cn } from './cn.ts';
import { inertText, oneLine } from './inert-text.ts';
import { type SqlToken, type SqlTokenKind, sqlLines, sqlTokens } from './sql-tokens.ts';

const colours: Readonly<Record<SqlTokenKind, string>> = {
  keyword: 'text-sql-kw',
  string: 'text-sql-str',
  number: 'text-sql-num',
  name: 'text-sql-id',
  comment: 'text-sql-com',
  function: 'text-sql-fn',
  placeholder: 'text-sql-num',
  plain: 'text-sql-id',
};

/** Longer statements are shown without colours: thousands of elements would make the page slow. */
const colouredCharsMax = 50_000;

/** The lines of a statement, ready to colour. */
export const colouredLines = (sql: string): SqlToken[][] =>
  sql.length > colouredCharsMax ? sql.split(/\r?\n/).map(text => [{ kind: 'plain', text }]) : sqlLines(sql);

export function SqlTokens({ tokens }: { tokens: readonly SqlToken[] }) {
  let at = 0;
  return tokens.map(token => {
    const key = at;
    at += token.text.length;
    return (
      <span key={key} className={colours[token.kind]}>
        {inertText(token.text)}
      </span>
    );
  });
}

type LineProps = { sql: string /** Where rows are higher than one line anyway. */; lines?: 1 | 2; className?: string };

export function SqlLine({ sql, lines = 1, className }: LineProps) {
  return (
    <code
      dir="ltr"
      title={oneLine(sql, 2000)}
      className={cn('font-mono text-xs', lines === 2 ? 'line-clamp-2 wrap-anywhere' : 'block truncate', className)}
    >
      <SqlTokens tokens={sqlTokens(oneLine(sql))} />
    </code>
  );
}
