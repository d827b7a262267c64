/** A policy document as people write it: YAML in, the policy and every complaint about it out, each with its place. */
import {
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLError,
} from 'yaml';
import type { z } from 'zod';
import { detectorKinds } from '../mask/detectors/kinds.ts';
import { allowsAnything, checkPolicy, type Finding } from './check.ts';
import { didYouMean } from './nearest.ts';
import { type Policy, policySchema, ruleEffects } from './schema.ts';

export type PolicyDiagnostic = {
  /** 1-based. */
  line: number;
  column: number;
  /** Where what it is about ends. */
  endLine: number;
  endColumn: number;
  severity: 'error' | 'warning';
  message: string;
};

export type ParsedPolicy = {
  /** Null when there is an error. */
  policy: Policy | null;
  diagnostics: readonly PolicyDiagnostic[];
};

/** Of the text, in UTF-16 units. */
export const policyTextMax = 256 * 1024;
const aliasesMax = 20;
export const diagnosticsMax = 100;

const fields: readonly string[] = [
  ...['name', 'description', 'mode', 'connections', 'identities', 'except', 'rules'],
  ...['kinds', 'groups', 'roles', 'logins', 'names', 'environments', 'tags'],
  ...[
    'id',
    'effect',
    'actions',
    'objects',
    'hazards',
    'unlessOwner',
    'onlyOwner',
    'when',
    'reason',
    'mask',
    'masks',
    'uses',
    'approvers',
    'affectedRowsOver',
    'limits',
    'budget',
    'detectors',
  ],
  ...['schemas', 'relations', 'functions', 'labels', 'level', 'system', 'temporary'],
  ...['owners', 'ownerless', 'count', 'expireMinutes', 'windowMinutes', 'kind', 'shape', 'first', 'last'],
  ...['rows', 'bytes', 'durationSeconds', 'idleInTransactionSeconds', 'sessions', 'sensitiveRows', 'sensitiveCells'],
  ...detectorKinds,
  ...['null_test', 'join', 'equality', 'predicate', 'group', 'order', 'aggregate', 'write'],
];

/** Values are listed in a message up to this many. */
const listedMax = 14;

type Path = readonly PropertyKey[];
type Issue = z.core.$ZodIssue;

const quoted = (value: unknown): string => `\`${String(value)}\``;

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

const kindWords: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

function wrongValue(values: readonly unknown[], given: unknown): string {
  const known = values.map(String);
  const list = known.length <= listedMax ? `: ${known.join(', ')}` : '';
  return `${quoted(given)} is not one of the ${known.length} possible values${list}${didYouMean(String(given), known)}`;
}

/** One issue of the schema in words for people who write policies. */
function wordsOf(issue: Issue, root: unknown): string {
  const given = valueAt(root, issue.path);
  const field = quoted(issue.path.at(-1) ?? 'the document');
  if (given === undefined && issue.code !== 'unrecognized_keys') return `${field} is missing`;
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map(key => `${quoted(key)} is not a field here${didYouMean(key, fields)}`).join('; ');
    case 'invalid_value':
      return wrongValue(issue.values, given);
    case 'invalid_type':
      return `${field} must be ${kindWords[issue.expected] ?? issue.expected}`;
    case 'invalid_union':
      return issue.path.at(-1) === 'effect'
        ? wrongValue(ruleEffects, given)
        : `${field} has a kind that does not exist`;
    case 'too_small':
      return `${field} must ${issue.origin === 'array' ? 'have' : 'be'} at least ${String(issue.minimum)}${issue.origin === 'array' ? ' entry' : issue.origin === 'string' ? ' character long' : ''}`;
    case 'too_big':
      return `${field} is over the maximum of ${String(issue.maximum)}`;
    case 'invalid_format':
    case 'custom':
      return `${quoted(typeof given === 'object' ? (issue.path.at(-1) ?? 'document') : given)}: ${issue.message}`;
    default:
      return `${field}: ${issue.message}`;
  }
}

type Span = readonly [number, number];

/** Places of the document by path; of the nearest thing above where there is nothing. */
class Places {
  constructor(
    private readonly document: Document,
    private readonly lines: LineCounter,
  ) {}

  private spanOfNode(node: unknown): Span | null {
    return isNode(node) && node.range ? [node.range[0], node.range[1]] : null;
  }

  /** The key, for a field that should not be there or misses its value. */
  keySpan(path: Path, key: string): Span {
    const parent = path.length === 0 ? this.document.contents : this.document.getIn([...path], true);
    const pair = isMap(parent) ? parent.items.find(item => isScalar(item.key) && item.key.value === key) : undefined;
    return (isPair(pair) ? this.spanOfNode(pair.key) : null) ?? this.span(path);
  }

  span(path: Path): Span {
    for (let length = path.length; length > 0; length -= 1) {
      const found = this.spanOfNode(this.document.getIn(path.slice(0, length), true));
      if (found === null) continue;
      const last = path[length - 1];
      // Something missing inside a mapping is shown at the key of the mapping, not over all of it.
      return length < path.length && typeof last === 'string' ? this.keySpan(path.slice(0, length - 1), last) : found;
    }
    return [0, 0];
  }

  /** Where the text of a scalar starts: after the quote, or on the line after a block's sign. */
  textStart(path: Path): number {
    const node = this.document.getIn([...path], true) as Node | undefined;
    const start = this.span(path)[0];
    const type = isScalar(node) ? node.type : undefined;
    return type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE' ? start + 1 : start;
  }

  isBlock(path: Path): boolean {
    const node = this.document.getIn([...path], true);
    return isScalar(node) && (node.type === 'BLOCK_FOLDED' || node.type === 'BLOCK_LITERAL');
  }

  diagnostic([start, end]: Span, severity: PolicyDiagnostic['severity'], message: string): PolicyDiagnostic {
    const from = this.lines.linePos(start);
    const to = this.lines.linePos(Math.max(start, end));
    return {
      line: from.line || 1,
      column: from.col || 1,
      endLine: to.line || 1,
      endColumn: to.col || 1,
      severity,
      message,
    };
  }
}

function fromIssue(issue: Issue, root: unknown, places: Places): PolicyDiagnostic {
  const [key] = issue.code === 'unrecognized_keys' ? issue.keys : [];
  const span = key === undefined ? places.span(issue.path) : places.keySpan(issue.path, key);
  return places.diagnostic(span, 'error', wordsOf(issue, root));
}

function fromFinding({ path, message, severity, offset }: Finding, places: Places): PolicyDiagnostic {
  const [start, end] = places.span(path);
  if (offset === undefined || places.isBlock(path)) return places.diagnostic([start, end], severity, message);
  const at = Math.min(places.textStart(path) + offset, end);
  return places.diagnostic([at, end], severity, message);
}

const syntax = (error: YAMLError, places: Places): PolicyDiagnostic =>
  places.diagnostic(
    error.pos,
    'error',
    `this is not valid YAML: ${(error.message.split('\n')[0] ?? '').replace(/ at line.*$/, '')}`,
  );

function read(document: Document, places: Places): { value: unknown; problem: PolicyDiagnostic | null } {
  try {
    const value: unknown = document.toJS({ maxAliasCount: aliasesMax });
    const isEmpty = value === null || value === undefined;
    return { value, problem: isEmpty ? places.diagnostic([0, 0], 'error', 'the document is empty') : null };
  } catch {
    return { value: null, problem: places.diagnostic([0, 0], 'error', `more than ${aliasesMax} aliases`) };
  }
}

function ordered(diagnostics: readonly PolicyDiagnostic[]): readonly PolicyDiagnostic[] {
  return [...diagnostics].sort((a, b) => a.line - b.line || a.column - b.column).slice(0, diagnosticsMax);
}

/** Duplicate rule ids are shown where the second one is, not over the whole list. */
function duplicateIds(root: unknown): Finding[] {
  const rules = valueAt(root, ['rules']);
  const ids = Array.isArray(rules) ? rules.map(rule => valueAt(rule, ['id'])) : [];
  return ids.flatMap((id, index) =>
    typeof id === 'string' && ids.indexOf(id) < index
      ? [
          {
            path: ['rules', index, 'id'],
            message: `another rule is called \`${id}\` already`,
            severity: 'error' as const,
          },
        ]
      : [],
  );
}

const isDuplicateIssue = (issue: Issue): boolean =>
  issue.code === 'custom' && issue.message === 'rule ids must be unique';

/**
 * `others` are the policies the document would be in force with: given them, it is said when nothing would be allowed at all. The
 * policy is there exactly when no diagnostic is an error.
 */
export function parsePolicyYaml(text: string, { others }: { others?: readonly Policy[] } = {}): ParsedPolicy {
  const lines = new LineCounter();
  const isTooLong = text.length > policyTextMax;
  const document = parseDocument(isTooLong ? '' : text, {
    lineCounter: lines,
    prettyErrors: false,
    schema: 'core',
    stringKeys: true,
  });
  const places = new Places(document, lines);
  if (isTooLong) {
    const diagnostic = places.diagnostic([0, 0], 'error', `the document is longer than ${policyTextMax} characters`);
    return { policy: null, diagnostics: [diagnostic] };
  }
  if (document.errors.length > 0) {
    return { policy: null, diagnostics: ordered(document.errors.map(each => syntax(each, places))) };
  }
  const { value, problem } = read(document, places);
  if (problem !== null) return { policy: null, diagnostics: [problem] };
  const duplicates = duplicateIds(value).map(finding => fromFinding(finding, places));
  const parsed = policySchema.safeParse(value);
  if (!parsed.success) {
    const issues = parsed.error.issues.filter(issue => !isDuplicateIssue(issue));
    return {
      policy: null,
      diagnostics: ordered([...issues.map(issue => fromIssue(issue, value, places)), ...duplicates]),
    };
  }
  const findings = [...checkPolicy(parsed.data)];
  if (others !== undefined && !allowsAnything([...others, parsed.data])) {
    findings.push({
      path: ['rules'],
      message: 'no policy allows anything, so everything would be denied',
      severity: 'warning',
    });
  }
  const diagnostics = ordered(findings.map(finding => fromFinding(finding, places)));
  const hasError = findings.some(finding => finding.severity === 'error');
  return { policy: hasError ? null : parsed.data, diagnostics };
}
