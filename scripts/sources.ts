/** The repository as a value: its files and what each imports. Read by tidy.test.ts. */
import fs from 'node:fs';
import path from 'node:path';
import { root } from './root.ts';

const ignored = /^(node_modules|\.git|\.next|dist|\.data.*|test-results|playwright-report|coverage)$/;

/** Paths relative to the root, with forward slashes. */
export function allFiles(dir = ''): string[] {
  return fs.readdirSync(path.join(root, dir), { withFileTypes: true }).flatMap(entry => {
    if (ignored.test(entry.name)) return [];
    const name = dir === '' ? entry.name : `${dir}/${entry.name}`;
    return entry.isDirectory() ? allFiles(name) : [name];
  });
}

export const read = (file: string): string => fs.readFileSync(path.join(root, file), 'utf8');

export const isTest = (file: string): boolean => /\.(test|spec)\.tsx?$/.test(file) || file.startsWith('e2e/');

export type Import = {
  specifier: string;
  /** The file of this repository that it names; null for packages. */
  file: string | null;
  /** Package name, or `node:…`; null for files. */
  package: string | null;
  typeOnly: boolean;
};

const importPattern =
  /^(?:import|export)\s+(?<type>type\s)?(?:[^'"();]*?\sfrom\s*)?['"](?<static>[^'"\n]+)['"]|\bimport\(\s*['"](?<dynamic>[^'"\n]+)['"]\s*\)|\bnew URL\(\s*['"](?<url>\.[^'"\n]+)['"]\s*,\s*import\.meta\.url/gm;

/** Imports, re-exports, dynamic imports, and files named relative to the module. */
export function importsOf(file: string): Import[] {
  const source = read(file);
  return [...source.matchAll(importPattern)].flatMap(({ groups }) => {
    const specifier = groups?.static ?? groups?.dynamic ?? groups?.url;
    if (!specifier) return [];
    const resolved = resolve(file, specifier);
    if (groups?.url && resolved === null) return [];
    const outside = specifier.startsWith('node:')
      ? specifier
      : specifier
          .split('/')
          .slice(0, specifier.startsWith('@') ? 2 : 1)
          .join('/');
    return [
      { specifier, file: resolved, package: resolved === null ? outside : null, typeOnly: Boolean(groups?.type) },
    ];
  });
}

function resolve(from: string, specifier: string): string | null {
  if (specifier.startsWith('#')) return specifier.slice(1);
  // A folder is no file, whether it is there (data beside the checkout is not for everyone) or not.
  if (!specifier.startsWith('.') || specifier.endsWith('/')) return null;
  const target = path.posix.normalize(path.posix.join(path.posix.dirname(from), specifier));
  const stat = fs.statSync(path.join(root, target), { throwIfNoEntry: false });
  return stat?.isDirectory() ? null : target;
}

/** Everything that the entries lead to. */
export function reachable(entries: readonly string[]): Set<string> {
  const seen = new Set<string>();
  const queue = [...entries];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file) || !fs.existsSync(path.join(root, file))) continue;
    seen.add(file);
    if (!/\.(tsx?|mjs)$/.test(file)) continue;
    for (const found of importsOf(file)) if (found.file !== null) queue.push(found.file);
  }
  return seen;
}
