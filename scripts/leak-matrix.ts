/**
 * Writes docs/leak-matrix.md out of the attacks that proxy/enforce/attacks.test.ts tries: `npx tsx scripts/leak-matrix.ts`. With
 * `--check` it says whether the file is what would be written.
 */
import fs from 'node:fs';
import path from 'node:path';
import { type Attack, type Outcome, outcomes, readAttacks } from '#proxy/enforce/attack-file.ts';
import { root } from './root.ts';

const file = path.join(root, 'docs/leak-matrix.md');

const introduction = `# Leak matrix

What happens to each kind of statement that tries to learn a masked value. Each one below is tried by \`proxy/enforce/attacks.test.ts\` through the real proxy on two databases that differ in masked values alone: the test fails where the answers can be told apart by a single byte, where a masked value shows in any encoding, or where the outcome is not the one listed. Single queries are tried again as extended protocol in text and binary with row limits, as cursors (also held and binary), as COPY in every format, prepared, explained, and from inside other queries.

This file is written by \`scripts/leak-matrix.ts\`; do not change it by hand. What is known to be open is in [known limitations](known-limitations.md).

| outcome | |
| ------- | --- |
| masked  | it is answered, and nothing in the answer comes from a masked value |
| refused | the proxy refuses it before it reaches the server |
| open    | it is answered as the server would: nothing it gives or depends on is masked |
| failed  | the server refuses it, and says the same whatever is masked |
`;

const counted = (attacks: readonly Attack[], outcome: Outcome): string =>
  String(attacks.filter(({ expected }) => expected === outcome).length || '');

function statements(attacks: readonly Attack[], outcome: Outcome): string[] {
  const chosen = attacks.filter(({ expected }) => expected === outcome);
  if (chosen.length === 0) return [];
  const blocks = chosen.map(({ as, messages }) => {
    const lines = messages.map(message => (message.endsWith(';') ? message : `${message};`));
    return as === 'writer' ? ['-- may also write', ...lines].join('\n') : lines.join('\n');
  });
  return [`${outcome[0]?.toUpperCase()}${outcome.slice(1)}:`, '', '```sql', blocks.join('\n\n'), '```', ''];
}

export function leakMatrix(attacks: readonly Attack[]): string {
  const constructs = [...new Set(attacks.map(attack => attack.construct))];
  const of = (construct: string) => attacks.filter(attack => attack.construct === construct);
  const row = (name: string, among: readonly Attack[]) =>
    `| ${[name, ...outcomes.map(outcome => counted(among, outcome))].join(' | ')} |`;
  return [
    introduction,
    `| construct | ${outcomes.join(' | ')} |`,
    `| --------- | ${outcomes.map(() => '---').join(' | ')} |`,
    ...constructs.map(construct => row(construct, of(construct))),
    row('**all**', attacks),
    '',
    ...constructs.flatMap(construct => [
      `## ${construct}`,
      '',
      ...outcomes.flatMap(outcome => statements(of(construct), outcome)),
    ]),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

/** Whether the file in the repository is what the attacks say. */
export const isCurrent = (): boolean => fs.readFileSync(file, 'utf8') === leakMatrix(readAttacks('attacks'));

if (process.argv[1]?.endsWith('leak-matrix.ts')) {
  if (!process.argv.includes('--check')) fs.writeFileSync(file, leakMatrix(readAttacks('attacks')));
  else if (!isCurrent()) {
    console.error('docs/leak-matrix.md is not what the attacks say: run npx tsx scripts/leak-matrix.ts');
    process.exitCode = 1;
  }
}
