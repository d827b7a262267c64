/**
 * Texts that differ in plain integers alone. Where the analysis says `literalFree`, every text with the same key has the same
 * analysis but for literals and offsets, so one analysis can stand for all of them.
 */

export type Template = { key: string; literals: readonly string[] };

/** Longest integer that is an int4 whatever its digits. */
const digitsMax = 9;

/** 1: may stand in a template; 2: part of a word; 3: digit. Everything else (quotes, `$`, `\`, `/`, …) rules a template out. */
const classes = new Uint8Array(128);
for (const char of ' \t\n\r.,*=<>()+-;%!') classes[char.charCodeAt(0)] = 1;
for (let code = 0; code < 26; code++) {
  classes[65 + code] = 2;
  classes[97 + code] = 2;
}
classes['_'.charCodeAt(0)] = 2;
for (let code = 48; code < 58; code++) classes[code] = 3;

const dot = '.'.charCodeAt(0);
const minus = '-'.charCodeAt(0);

/** Null for texts that may hold more than words, operators and integers. Linear. */
export function templateOf(text: string): Template | null {
  const literals: string[] = [];
  let key = '';
  let copied = 0;
  let before = 0;
  for (let index = 0; index < text.length; ) {
    const code = text.charCodeAt(index);
    const kind = code < 128 ? classes[code] : 0;
    if (!kind || (code === minus && before === minus)) return null;
    if (kind !== 3) {
      before = code;
      index++;
      continue;
    }
    let end = index + 1;
    while (end < text.length && classes[text.charCodeAt(end)] === 3) end++;
    const after = end < text.length ? text.charCodeAt(end) : 0;
    const joined = before === dot || after === dot || isWord(before) || isWord(after);
    if (!joined && end - index <= digitsMax) {
      key += `${text.slice(copied, index)}?`;
      copied = end;
      literals.push(text.slice(index, end));
    }
    // Anything else (a longer number, a fraction, the end of a name) stays in the key as it is.
    before = text.charCodeAt(end - 1);
    index = end;
  }
  return { key: key + text.slice(copied), literals };
}

const isWord = (code: number): boolean => code > 127 || (classes[code] ?? 0) >= 2;
