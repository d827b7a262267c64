/**
 * The gate for the design tokens: WCAG 2.2 contrast of every pair the console uses, in light and dark, colours inside sRGB, and
 * series that stay apart for people with a colour vision deficiency. Usage: tsx scripts/check-tokens.ts [file.css]
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

type Colour = { lightness: number; chroma: number; hue: number };
type Triple = readonly [number, number, number];
type Theme = ReadonlyMap<string, Colour>;
export type TokenReport = { pairs: number; failures: string[] };

const textMin = 4.5;
const graphicMin = 3;
/** ΔE in OKLab × 100 between any two series of a chart. */
const separationMin = 9;

const oklch = String.raw`oklch\(([\d.]+) ([\d.]+) ([\d.]+)\)`;
const tokenPattern = new RegExp(String.raw`--([\w-]+): light-dark\(${oklch}, ${oklch}\);`, 'g');

/** The two themes of a token file. Only the first declaration of a name counts; later ones are for `prefers-contrast`. */
function parseThemes(css: string): { light: Theme; dark: Theme } {
  const light = new Map<string, Colour>();
  const dark = new Map<string, Colour>();
  for (const match of css.matchAll(tokenPattern)) {
    const [, name = '', ...numbers] = match;
    const [l1 = 0, c1 = 0, h1 = 0, l2 = 0, c2 = 0, h2 = 0] = numbers.map(Number);
    if (light.has(name)) continue;
    light.set(name, { lightness: l1, chroma: c1, hue: h1 });
    dark.set(name, { lightness: l2, chroma: c2, hue: h2 });
  }
  return { light, dark };
}

/** OKLCH to linear sRGB, not clipped (Björn Ottosson's matrices, as in CSS Color 4). */
function linearRgb({ lightness, chroma, hue }: Colour): Triple {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

const encode = (x: number) => (x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055);
const decode = (x: number) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);

/** Relative luminance of the colour as a screen shows it: eight bits per channel. */
function luminance(colour: Colour): number {
  const [r, g, b] = linearRgb(colour).map(channel =>
    decode(Math.round(encode(Math.min(Math.max(channel, 0), 1)) * 255) / 255),
  ) as unknown as Triple;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: Colour, other: Colour): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** Machado, Oliveira and Fernandes 2009, severity 1, on linear sRGB. */
const visions: Readonly<Record<string, readonly [Triple, Triple, Triple] | null>> = {
  normal: null,
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

const dot = (row: Triple, [x, y, z]: Triple) => row[0] * x + row[1] * y + row[2] * z;

function oklab(colour: Colour, vision: readonly [Triple, Triple, Triple] | null): Triple {
  const seen = linearRgb(colour);
  const rgb: Triple = vision ? [dot(vision[0], seen), dot(vision[1], seen), dot(vision[2], seen)] : seen;
  const l = Math.cbrt(dot([0.4122214708, 0.5363325363, 0.0514459929], rgb));
  const m = Math.cbrt(dot([0.2119034982, 0.6806995451, 0.1073969566], rgb));
  const s = Math.cbrt(dot([0.0883024619, 0.2817188376, 0.6299787005], rgb));
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

const decisions = ['allow', 'mask', 'filter', 'approve', 'deny', 'observe'];
const surfaces = ['background', 'card', 'popover', 'muted', 'accent'];
const series = ['chart-1', 'chart-2', 'chart-3', 'chart-4', 'chart-5'];

/** Every pair that occurs, as [foreground, background, least contrast]. */
function usedPairs(): [string, string, number][] {
  const text = (foregrounds: string[], backgrounds: string[]) =>
    backgrounds.flatMap(back => foregrounds.map(front => [front, back, textMin] as [string, string, number]));
  const graphic = (foregrounds: string[], backgrounds: string[]) =>
    backgrounds.flatMap(back => foregrounds.map(front => [front, back, graphicMin] as [string, string, number]));
  const effects = [...decisions, 'fault'];
  return [
    ...text(['foreground', 'muted-foreground', 'link', ...effects.map(name => `${name}-fg`)], surfaces),
    ...graphic(['input', 'ring'], surfaces),
    ...graphic(
      [...decisions.map(name => `${name}-solid`), ...series, 'chart-other', 'fault-line'],
      ['card', 'background', 'muted'],
    ),
    ...text(['chart-axis'], ['card', 'background', 'muted']),
    ...text(['sidebar-foreground', 'muted-foreground'], ['sidebar']),
    ...effects.flatMap(name => text([`${name}-fg`], [`${name}-bg`])),
    ...[0, 1, 2, 3].flatMap(level => text([`sens-${level}-fg`], [`sens-${level}-bg`])),
    ...['primary', 'secondary', 'destructive', 'btn-allow'].flatMap(name => text([`${name}-foreground`], [name])),
    ...text(
      ['kw', 'str', 'num', 'id', 'com', 'fn'].map(name => `sql-${name}`),
      ['sql-bg'],
    ),
    ...text(
      ['kw', 'str', 'num', 'id', 'fn'].map(name => `sql-${name}`),
      ['diff-add', 'diff-del'],
    ),
    ...text(['foreground'], ['diff-add', 'diff-add-word', 'diff-del', 'diff-del-word']),
  ];
}

function checkContrast(theme: Theme, label: string): TokenReport {
  const failures: string[] = [];
  const pairs = usedPairs();
  for (const [front, back, least] of pairs) {
    const [one, other] = [theme.get(front), theme.get(back)];
    if (!one || !other) {
      failures.push(`${label}: ${one ? back : front} is missing`);
      continue;
    }
    const ratio = contrast(one, other);
    if (ratio < least) failures.push(`${label}: ${front} on ${back} is ${ratio.toFixed(2)}, needs ${least}`);
  }
  return { pairs: pairs.length, failures };
}

function checkGamut(theme: Theme, label: string): string[] {
  return [...theme]
    .filter(([, colour]) => linearRgb(colour).some(channel => channel < -0.003 || channel > 1.003))
    .map(([name]) => `${label}: ${name} is outside sRGB`);
}

function checkSeparation(theme: Theme, label: string): string[] {
  const failures: string[] = [];
  for (const names of [decisions.map(name => `${name}-solid`), series]) {
    for (const [vision, matrix] of Object.entries(visions)) {
      const seen = names.flatMap(name => {
        const colour = theme.get(name);
        return colour ? [{ name, at: oklab(colour, matrix) }] : [];
      });
      for (const [index, one] of seen.entries()) {
        for (const other of seen.slice(index + 1)) {
          const distance = 100 * Math.hypot(...one.at.map((value, axis) => value - (other.at[axis] ?? 0)));
          if (distance < separationMin) {
            failures.push(`${label}: ${one.name} and ${other.name} are ${distance.toFixed(1)} apart for ${vision}`);
          }
        }
      }
    }
  }
  return failures;
}

export function checkTokens(css: string): TokenReport {
  const report: TokenReport = { pairs: 0, failures: [] };
  for (const [label, theme] of Object.entries(parseThemes(css))) {
    const contrasts = checkContrast(theme, label);
    report.pairs += contrasts.pairs;
    report.failures.push(...contrasts.failures, ...checkGamut(theme, label), ...checkSeparation(theme, label));
  }
  return report;
}

export const tokenFile = fileURLToPath(new URL('../components/ui/tokens.css', import.meta.url));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { pairs, failures } = checkTokens(readFileSync(process.argv[2] ?? tokenFile, 'utf8'));
  for (const failure of failures) console.error(failure);
  console.log(`${pairs} pairs checked, ${failures.length} failures`);
  process.exitCode = failures.length === 0 ? 0 : 1;
}
