/** A dotted name that strangers chose: shown as it is, each part by itself, and broken behind dots and underscores rather than inside a word. */
import { Fragment } from 'react';
import { cn } from './cn.ts';
import { inertText } from './inert-text.ts';

const pieces = (text: string): string[] => inertText(text).split(/(?<=_)/);

type Props = { parts: readonly string[]; className?: string; partClassName?: (index: number) => string | undefined };

export function ObjectName({ parts, className, partClassName }: Props) {
  return (
    <span className={cn('font-mono text-xs wrap-break-word', className)}>
      {parts.map((part, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a part is its place
        <Fragment key={index}>
          <bdi className={partClassName?.(index)}>
            {pieces(part).map((piece, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: pieces never move
              <Fragment key={at}>
                {at > 0 ? <wbr /> : null}
                {piece}
              </Fragment>
            ))}
          </bdi>
          {index < parts.length - 1 ? (
            <>
              .<wbr />
            </>
          ) : null}
        </Fragment>
      ))}
    </span>
  );
}
