/** Attacks, and what is asked every day, as text files that people can read. Never imported by the product. */
import fs from 'node:fs';

/**
 * `masked`: it answers, with nothing of what is masked in the answer. `refused`: the proxy refuses a message of it. `open`: it
 * answers as the server itself would, because nothing it gives comes from what is masked. `failed`: the server refuses it.
 */
export const outcomes = ['masked', 'refused', 'open', 'failed'] as const;
export type Outcome = (typeof outcomes)[number];

export type Attack = {
  construct: string;
  expected: Outcome;
  /** Reads only, or also writes, defines and drops. */
  as: 'reader' | 'writer';
  /** Sent one after the other over one connection. */
  messages: readonly string[];
  /** `file:line`, for whoever has to find it. */
  place: string;
};

const isOutcome = (word: string | undefined): word is Outcome => outcomes.includes(word as Outcome);

/**
 * `# Construct`, then attacks, each set apart by an empty line: its outcome, ` as writer` where it is not a reader's, and below it,
 * indented, one message a line. A line indented further goes on with the message.
 */
export function parseAttacks(file: string, text: string): Attack[] {
  const attacks: (Attack & { messages: string[] })[] = [];
  let construct = '';
  for (const [index, line] of text.split('\n').entries()) {
    const place = `${file}:${index + 1}`;
    const current = attacks.at(-1);
    if (line.trim() === '' || line.startsWith('//')) continue;
    if (line.startsWith('# ')) construct = line.slice(2).trim();
    else if (line.startsWith('    ') && current)
      current.messages.push(`${current.messages.pop() ?? ''}\n${line.trim()}`);
    else if (line.startsWith('  ') && current) current.messages.push(line.trim());
    else {
      const [outcome, , as = 'reader'] = line.trim().split(' ');
      if (!isOutcome(outcome) || (as !== 'reader' && as !== 'writer') || construct === '')
        throw new Error(`${place}: not an outcome: ${line}`);
      attacks.push({ construct, expected: outcome, as, messages: [], place });
    }
  }
  const empty = attacks.find(attack => attack.messages.length === 0);
  if (empty) throw new Error(`${empty.place}: nothing to try`);
  return attacks;
}

/** All of one of the folders beside this file. */
export function readAttacks(folder: 'attacks' | 'everyday'): Attack[] {
  const at = new URL(`./${folder}/`, import.meta.url);
  const names = fs.readdirSync(at).filter(name => name.endsWith('.txt'));
  return names.sort().flatMap(name => parseAttacks(name, fs.readFileSync(new URL(name, at), 'utf8')));
}
