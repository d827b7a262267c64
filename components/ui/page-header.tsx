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
    <header className="flex flex-wrap items-start gap-x-4 gap-y-2">
      <div className="grid min-w-0 flex-1 gap-0.5">
        {back ? (
          <Link
            href={back.href}
            className="inline-flex w-fit items-center gap-0.5 text-muted-foreground hover:text-foreground"
          >
            <ChevronLeft aria-hidden className="size-4" />
            {back.label}
          </Link>
        ) : null}
        <div className="flex flex-wrap items-center gap-2">
          <h1 className="text-xl font-semibold">{title}</h1>
          {mark}
        </div>
        {sentence ? <p className="max-w-[80ch] text-muted-foreground">{sentence}</p> : null}
      </div>
      {children ? <div className="flex flex-wrap items-center gap-2">{children}</div> : null}
    </header>
  );
}

/** The column every page lays its regions into. */
export function PageBody({ children }: { children: ReactNode }) {
  return (
    <div className="mx-auto grid w-full max-w-[1600px] grid-cols-[minmax(0,1fr)] gap-4 p-4 lg:p-5">{children}</div>
  );
}
