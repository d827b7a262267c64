/** The difference between two texts, line by line (longest common subsequence). Pure. */

export type DiffLine = {
  kind: 'same' | 'added' | 'removed';
  text: string;
  before: number | null;
  after: number | null;
};

/** Beyond this many differing lines on either side they are shown as replaced whole: the table would grow with their product. */
const compareLinesMax = 2000;

/** Lengths of the longest common subsequence of every pair of tails. */
function commonLengths(left: readonly string[], right: readonly string[]): Uint16Array[] {
  const table = Array.from({ length: left.length + 1 }, () => new Uint16Array(right.length + 1));
  for (let i = left.length - 1; i >= 0; i -= 1) {
    const [row, below] = [table[i], table[i + 1]];
    if (!row || !below) continue;
    for (let j = right.length - 1; j >= 0; j -= 1) {
      row[j] = left[i] === right[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return table;
}

type Step = Pick<DiffLine, 'kind' | 'text'>;

function compareMiddle(left: readonly string[], right: readonly string[]): Step[] {
  const removed = (text: string): Step => ({ kind: 'removed', text });
  const added = (text: string): Step => ({ kind: 'added', text });
  if (left.length > compareLinesMax || right.length > compareLinesMax)
    return [...left.map(removed), ...right.map(added)];
  const table = commonLengths(left, right);
  const steps: Step[] = [];
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    const [one, other] = [left[i], right[j]];
    if (one !== undefined && one === other) {
      steps.push({ kind: 'same', text: one });
      i += 1;
      j += 1;
    } else if (one !== undefined && (other === undefined || (table[i + 1]?.[j] ?? 0) >= (table[i]?.[j + 1] ?? 0))) {
      steps.push(removed(one));
      i += 1;
    } else if (other !== undefined) {
      steps.push(added(other));
      j += 1;
    }
  }
  return steps;
}

export function diffLines(before: string, after: string): DiffLine[] {
  const [left, right] = [before.split('\n'), after.split('\n')];
  let head = 0;
  while (head < left.length && head < right.length && left[head] === right[head]) head += 1;
  let tail = 0;
  while (tail < left.length - head && tail < right.length - head && left.at(-1 - tail) === right.at(-1 - tail))
    tail += 1;
  const same = (lines: readonly string[]): Step[] => lines.map(text => ({ kind: 'same', text }));
  const steps = [
    ...same(left.slice(0, head)),
    ...compareMiddle(left.slice(head, left.length - tail), right.slice(head, right.length - tail)),
    ...same(left.slice(left.length - tail)),
  ];
  let [beforeAt, afterAt] = [0, 0];
  return steps.map(step => {
    if (step.kind !== 'added') beforeAt += 1;
    if (step.kind !== 'removed') afterAt += 1;
    return {
      ...step,
      before: step.kind === 'added' ? null : beforeAt,
      after: step.kind === 'removed' ? null : afterAt,
    };
  });
}

/** The same with long runs of equal lines folded: null stands for what is left out. */
export function foldDiff(lines: readonly DiffLine[], around = 3): (DiffLine | null)[] {
  const isNear = lines.map((_, index) =>
    lines.slice(Math.max(0, index - around), index + around + 1).some(line => line.kind !== 'same'),
  );
  return lines.flatMap((line, index) => (isNear[index] ? [line] : isNear[index - 1] || index === 0 ? [null] : []));
}
