/**
 * CEL conditions of rules: compiled with typed variables and limits, evaluated to true, false or a problem. Regular expressions run
 * on RE2 in linear time, because the language's own `matches` would run on JavaScript's and can be made to hang.
 */
import { type ASTNode, Environment, serialize } from '@marcbachmann/cel-js';
import { RE2JS } from 're2js';
import type { Action, HazardCode, StatementKind } from '../sql/analysis.ts';

export type ConditionFacts = {
  identity: {
    id: string;
    kind: string;
    login: string;
    groups: readonly string[];
    roles: readonly string[];
    /** Login of the person this identity acts for, or ''. */
    on_behalf_of: string;
    /** Login of the agent or service account that acts for this identity, or ''. */
    agent: string;
  };
  connection: { name: string; environment: string; region: string; tags: Readonly<Record<string, string>> };
  statement: {
    kind: StatementKind | '';
    actions: readonly Action[];
    verbs: readonly string[];
    relations: readonly string[];
    schemas: readonly string[];
    functions: readonly string[];
    hazards: readonly HazardCode[];
    labels: readonly string[];
    /** The highest level among `labels`; `public` without any. */
    level: string;
    /** Of the largest table it touches. Absent where nobody has counted: a condition that asks for it then counts against the statement. */
    rows?: bigint;
  };
  /** `time` is absent where the caller has no clock: a condition that asks for it then counts against the statement. */
  session: { application: string; address: string; time?: Date };
};

export type Condition = {
  readonly text: string;
  /** It depends on the time, so its answer holds for the minute it was given in. */
  readonly timed: boolean;
  /** Its answer, where it depends on nothing. */
  readonly constant: boolean | null;
  evaluate(facts: ConditionFacts): { ok: true; value: boolean } | { ok: false; message: string };
};

/** `start` is the offset into the condition's text, where it is known. */
export type ConditionProblem = { message: string; start: number | null };

/** Above this many entries in one list of a statement its conditions are not evaluated: they count against it. */
export const conditionListMax = 256;
const limits = { maxAstNodes: 400, maxDepth: 32, maxListElements: 200, maxMapEntries: 50, maxCallArguments: 8 };
const macroNestingMax = 2;
const regexLengthMax = 500;
const subjectLengthMax = 4096;

const macros = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

/** Compiled patterns by text; patterns are literals of policy documents, so there are as many as policies hold. */
const patterns = new Map<string, RE2JS>();
const patternsMax = 2000;

function regex(pattern: string): RE2JS {
  const held = patterns.get(pattern);
  if (held !== undefined) return held;
  if (patterns.size >= patternsMax) patterns.clear();
  const compiled = RE2JS.compile(pattern);
  patterns.set(pattern, compiled);
  return compiled;
}

const environment = new Environment({ limits })
  .registerVariable({
    name: 'identity',
    schema: {
      id: 'string',
      kind: 'string',
      login: 'string',
      groups: 'list<string>',
      roles: 'list<string>',
      on_behalf_of: 'string',
      agent: 'string',
    },
  })
  .registerVariable({
    name: 'connection',
    schema: { name: 'string', environment: 'string', region: 'string', tags: 'map<string, string>' },
  })
  .registerVariable({
    name: 'statement',
    schema: {
      kind: 'string',
      actions: 'list<string>',
      verbs: 'list<string>',
      relations: 'list<string>',
      schemas: 'list<string>',
      functions: 'list<string>',
      hazards: 'list<string>',
      labels: 'list<string>',
      level: 'string',
      rows: 'int',
    },
  })
  .registerVariable({
    name: 'session',
    schema: { application: 'string', address: 'string', time: 'google.protobuf.Timestamp' },
  })
  .registerFunction('string.matchesRe2(string): bool', (subject: string, pattern: string) => {
    if (subject.length > subjectLengthMax) throw new Error('text is too long to match');
    return regex(pattern).matcher(subject).find();
  });

type Visitor = (node: ASTNode, nesting: number) => void;

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value;
}

function walk(value: unknown, visit: Visitor, nesting = 0): void {
  if (Array.isArray(value)) {
    for (const each of value) walk(each, visit, nesting);
  } else if (isNode(value)) {
    const isMacro = value.op === 'rcall' && macros.has(value.args[0]);
    visit(value, nesting + (isMacro ? 1 : 0));
    walk(value.args, visit, nesting + (isMacro ? 1 : 0));
  }
}

/** Problems that the type checker does not know of, and what the condition refers to. */
type Inspection = { problem: ConditionProblem | null; timed: boolean; regex: boolean; isConstant: boolean };

function inspect(ast: ASTNode): Inspection {
  let problem: ConditionProblem | null = null;
  let sessions = 0;
  let untimed = 0;
  let usesRegex = false;
  let isConstant = true;
  walk(ast, (node, nesting) => {
    if (nesting > macroNestingMax) {
      problem ??= { message: `all, exists, map and filter may be nested ${macroNestingMax} deep`, start: node.start };
    }
    if (node.op === 'id') isConstant = false;
    if (node.op === 'id' && node.args === 'session') sessions += 1;
    if (node.op === '.' && node.args[0].op === 'id' && node.args[0].args === 'session' && node.args[1] !== 'time') {
      untimed += 1;
    }
    if (node.op === 'rcall' && node.args[0] === 'matches') {
      usesRegex = true;
      problem ??= regexProblem(node.args[2]);
    }
  });
  return { problem, timed: sessions > untimed, regex: usesRegex, isConstant };
}

function regexProblem(args: readonly ASTNode[]): ConditionProblem | null {
  const [pattern] = args;
  if (pattern === undefined || args.length !== 1) return null;
  if (pattern.op !== 'value' || typeof pattern.args !== 'string') {
    return { message: 'the pattern of matches() must be written out as a text', start: pattern.start };
  }
  if (pattern.args.length > regexLengthMax) {
    return { message: `the pattern of matches() is longer than ${regexLengthMax} characters`, start: pattern.start };
  }
  try {
    regex(pattern.args);
    return null;
  } catch (error) {
    return {
      message: `the pattern of matches() is not valid RE2: ${error instanceof Error ? error.message : String(error)}`,
      start: pattern.start,
    };
  }
}

/** The same expression with `matches` calling RE2. */
function withLinearMatches(ast: ASTNode): string {
  walk(ast, node => {
    if (node.op === 'rcall' && node.args[0] === 'matches') node.args[0] = 'matchesRe2';
  });
  return serialize(ast);
}

function problemOf(error: unknown): ConditionProblem {
  if (!(error instanceof Error)) return { message: String(error), start: null };
  const { summary, range } = error as Error & { summary?: string; range?: { start: number } };
  const [line = error.message] = (summary ?? error.message).split('\n');
  return { message: line, start: range?.start ?? null };
}

function isOversize(statement: ConditionFacts['statement']): boolean {
  return Object.values(statement).some(value => Array.isArray(value) && value.length > conditionListMax);
}

/** Compiles a condition. Anything that is not a well-typed bool over the four variables is a problem. */
export function compileCondition(
  text: string,
): { ok: true; condition: Condition } | { ok: false; problem: ConditionProblem } {
  try {
    const parsed = environment.parse(text);
    const checked = parsed.check();
    if (!checked.valid) return { ok: false, problem: problemOf(checked.error) };
    if (checked.type !== 'bool') {
      return {
        ok: false,
        problem: { message: `a condition must be true or false, this is ${checked.type}`, start: 0 },
      };
    }
    const found = inspect(parsed.ast);
    if (found.problem !== null) return { ok: false, problem: found.problem };
    const run = found.regex ? environment.parse(withLinearMatches(environment.parse(text).ast)) : parsed;
    const constant = found.isConstant ? run() === true : null;
    const { timed } = found;
    return { ok: true, condition: { text, timed, constant, evaluate: facts => evaluate(run, facts) } };
  } catch (error) {
    return { ok: false, problem: problemOf(error) };
  }
}

function evaluate(run: (facts: ConditionFacts) => unknown, facts: ConditionFacts): ReturnType<Condition['evaluate']> {
  if (isOversize(facts.statement)) return { ok: false, message: 'the statement touches too much for a condition' };
  try {
    const value = run(facts);
    return typeof value === 'boolean' ? { ok: true, value } : { ok: false, message: 'the result is not true or false' };
  } catch (error) {
    return { ok: false, message: problemOf(error).message };
  }
}
