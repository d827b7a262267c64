/** A clause the server wrote, as a sentence: names that it puts in backticks stand as code. */
import { asSentence } from './failure.ts';
import { inertText } from './inert-text.ts';

type Props = {
  text: string;
  /** False within another sentence: left in lower case and without a full stop. */
  isSentence?: boolean;
};

export function Clause({ text, isSentence = true }: Props) {
  const parts = (isSentence ? asSentence(text) : text).split('`');
  let at = 0;
  // An odd number of backticks is not markup.
  if (parts.length % 2 === 0) return <>{inertText(parts.join('`'))}</>;
  return (
    // One element, so that it stays one sentence within a grid or a row of boxes.
    <span>
      {parts.map((part, index) => {
        at += part.length + 1;
        return index % 2 === 1 ? (
          <code key={at} className="font-mono text-xs">
            {inertText(part)}
          </code>
        ) : (
          <span key={at}>{inertText(part)}</span>
        );
      })}
    </span>
  );
}
