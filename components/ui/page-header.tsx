/** The head of a page: title, a sentence with the counts that matter, actions at the right. */
import { ChevronLeft } from 'lucide-react';
import Link from 'next/link';
import type { ReactNode } from 'react';

type Props = {
  title: ReactNode;
  sentence?: ReactNode;
  back?: { href: string; label: string };
  /** Beside the title: badges and states. */
  mark?: ReactNode;
  children?: ReactNode;
};

export function PageHeader({ title, sentence, back, mark, children }: Props) {
  return (
    <header className="grid grid-cols-[minmax(0,1fr)_fit-content(60%)] items-start gap-x-4 gap-y-0.5">
      {back ? (
        <Link
          href={back.href}
          className="col-start-1 inline-flex w-fit items-center gap-0.5 text-muted-foreground hover:text-foreground"
        >
          <ChevronLeft aria-hidden className="size-4" />
          {back.label}
        </Link>
      ) : null}
      <div className="col-start-1 flex min-w-0 flex-wrap items-center gap-2 py-0.5">
        <h1 className="min-w-0 text-xl font-semibold">{title}</h1>
        {mark}
      </div>
      {/* On a phone the sentence has the whole width, below title and actions. */}
      {sentence ? <p className="col-start-1 max-w-[80ch] text-muted-foreground max-sm:col-span-2">{sentence}</p> : null}
      {children ? (
        <div className="col-start-2 row-start-1 flex flex-wrap items-center justify-end gap-2 sm:row-end-4">
          {children}
        </div>
      ) : null}
    </header>
  );
}

/** The column every page lays its regions into. */
export function PageBody({ children }: { children: ReactNode }) {
  return (
    <div className="mx-auto grid w-full max-w-[1600px] grid-cols-[minmax(0,1fr)] gap-4 p-4 lg:p-5">{children}</div>
  );
}
