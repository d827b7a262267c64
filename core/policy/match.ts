/** Whether selectors of a policy match: identities, connections and objects. Names compare exactly; `*` may end a name. */
import { levelRank } from '../catalog/classification.ts';
import type { Labels, Tag } from '../catalog/labels.ts';
import type { Principal } from '../identity/principal.ts';
import type { Access, Action } from '../sql/analysis.ts';
import type { Connection } from './bundle.ts';
import type { ConnectionSelector, IdentitySelector, ObjectSelector, Rule } from './schema.ts';

/** One object of a statement as rules see it. */
export type Target = {
  action: Action;
  verb: Access['verb'];
  kind: Access['object']['kind'];
  schema: string | null;
  name: string;
  /** `schema.name`, or the bare name: what people read and what `ownerOf` carries. */
  qualified: string;
  system: boolean;
  temporary: boolean;
  tags: readonly Tag[];
  owned: boolean;
  /** Only a bare name is known: what restricts takes it for a match, what allows does not. */
  unresolved: boolean;
};

type Test = (text: string) => boolean;

function namePattern(pattern: string): Test {
  if (pattern === '*') return () => true;
  if (!pattern.endsWith('*')) return text => text === pattern;
  const prefix = pattern.slice(0, -1);
  return text => text.startsWith(prefix);
}

const anyOf =
  (tests: readonly Test[]): Test =>
  text =>
    tests.some(test => test(text));

/**
 * The two parts of `schema.name`; a part may be in double quotes, as in SQL, when it holds a dot. Null when it is not two parts.
 */
export function splitQualified(text: string): readonly [string, string] | null {
  const parts: string[] = [];
  let rest = text;
  while (parts.length < 2) {
    const quoted = /^"((?:[^"]|"")+)"/.exec(rest);
    const bare = /^[^".]+/.exec(rest);
    const part = quoted?.[0] ?? bare?.[0];
    if (part === undefined) return null;
    parts.push(quoted?.[1]?.replaceAll('""', '"') ?? part);
    rest = rest.slice(part.length);
    if (parts.length === 1 && !rest.startsWith('.')) return null;
    if (parts.length === 1) rest = rest.slice(1);
  }
  const [schema, name] = parts;
  return rest === '' && schema !== undefined && name !== undefined ? [schema, name] : null;
}

/** One part of such a name. */
export const quotedPart = (part: string): string => (/[".]/.test(part) ? `"${part.replaceAll('"', '""')}"` : part);

/** `schema.name` as `splitQualified` reads it: a part that holds a dot or a quote is in double quotes. */
export function qualifiedName(schema: string | null, name: string): string {
  return schema === null ? name : `${quotedPart(schema)}.${quotedPart(name)}`;
}

/** A pattern that is not two parts matches that name in every schema; documents that people publish may not hold one. */
function qualifiedPattern(pattern: string): (schema: string, name: string) => boolean {
  const [schema, name] = splitQualified(pattern) ?? ['*', pattern];
  const schemaTest = namePattern(schema);
  const nameTest = namePattern(name);
  return (ofSchema, ofName) => schemaTest(ofSchema) && nameTest(ofName);
}

/** `pii.*` matches `pii` and everything below it. */
export function labelPatternTest(pattern: string): Test {
  if (!pattern.endsWith('.*')) return label => label === pattern;
  const family = pattern.slice(0, -2);
  return label => label === family || label.startsWith(`${family}.`);
}

const relationKinds: ReadonlySet<Target['kind']> = new Set(['relation', 'sequence', 'type', 'other']);

type ObjectTest = (target: Target) => boolean;

/** Whether one tag satisfies both the labels and the level of a selector, where given. */
export function tagTest(selector: ObjectSelector | undefined): (tag: Tag) => boolean {
  const labels = selector?.labels === undefined ? null : anyOf(selector.labels.map(labelPatternTest));
  const rankMin = selector?.level === undefined ? null : levelRank(selector.level);
  return tag => (labels === null || labels(tag.label)) && (rankMin === null || levelRank(tag.level) >= rankMin);
}

const selectsTags = (selector: ObjectSelector | undefined): boolean =>
  selector?.labels !== undefined || selector?.level !== undefined;

function schemasTest(schemas: readonly string[]): ObjectTest {
  const test = anyOf(schemas.map(namePattern));
  return target => {
    if (target.schema !== null) return test(target.schema);
    return target.kind === 'schema' && test(target.name);
  };
}

function qualifiedTest(patterns: readonly string[], kinds: (kind: Target['kind']) => boolean): ObjectTest {
  const tests = patterns.map(qualifiedPattern);
  return target =>
    kinds(target.kind) && target.schema !== null && tests.some(test => test(target.schema ?? '', target.name));
}

/** The selector without its labels and level: what a mask rule matches before it looks at single columns. */
export function placeTest(selector: ObjectSelector | undefined): ObjectTest {
  const tests: ObjectTest[] = [];
  if (selector?.schemas !== undefined) tests.push(schemasTest(selector.schemas));
  if (selector?.relations !== undefined) {
    tests.push(qualifiedTest(selector.relations, kind => relationKinds.has(kind)));
  }
  if (selector?.functions !== undefined) tests.push(qualifiedTest(selector.functions, kind => kind === 'function'));
  if (selector?.system !== undefined) tests.push(target => target.system === selector.system);
  if (selector?.temporary !== undefined) tests.push(target => target.temporary === selector.temporary);
  return target => tests.every(test => test(target));
}

export function objectTest(selector: ObjectSelector | undefined): ObjectTest {
  const place = placeTest(selector);
  if (!selectsTags(selector)) return place;
  const tag = tagTest(selector);
  return target => place(target) && target.tags.some(tag);
}

/** Whether the rule speaks to who the session is to the object: its owner, or anybody else. */
export function ownershipMatches({ unlessOwner, onlyOwner }: Rule, target: Pick<Target, 'owned'>): boolean {
  return target.owned ? unlessOwner !== true : onlyOwner !== true;
}

export function identityMatches(selector: IdentitySelector | undefined, principal: Principal): boolean {
  if (selector === undefined) return true;
  const { kinds, groups, roles, logins } = selector;
  if (kinds !== undefined && !kinds.includes(principal.kind)) return false;
  if (groups !== undefined && !groups.map(namePattern).some(test => principal.groups.some(test))) return false;
  if (roles !== undefined && !roles.some(role => principal.roles.includes(role))) return false;
  return logins === undefined || anyOf(logins.map(namePattern))(principal.login);
}

export function connectionMatches(selector: ConnectionSelector | undefined, connection: Connection): boolean {
  if (selector === undefined) return true;
  if (selector.names !== undefined && !anyOf(selector.names.map(namePattern))(connection.name)) return false;
  if (selector.environments !== undefined && !selector.environments.includes(connection.environment)) return false;
  return Object.entries(selector.tags ?? {}).every(([key, value]) => connection.tags[key] === value);
}

const systemSchemas: ReadonlySet<string> = new Set(['pg_catalog', 'information_schema', 'pg_toast']);
export const isSystemSchema = (schema: string | null): boolean => schema !== null && systemSchemas.has(schema);

type OwnerTest = (name: { schema: string | null; name: string }) => boolean;

/** The target of a relation that no access names, such as the one behind a column reference. */
export function relationTarget(
  object: { schema: string | null; relation: string; oid: number },
  labels: Labels,
  owned: OwnerTest,
): Target {
  const { schema, relation: name, oid } = object;
  return {
    action: 'read',
    verb: 'other',
    kind: 'relation',
    schema,
    name,
    qualified: qualifiedName(schema, name),
    system: isSystemSchema(schema),
    temporary: false,
    tags: labels.ofRelation(oid, { schema, name }),
    owned: owned({ schema, name }),
    unresolved: false,
  };
}

/** The target a hazard is about: that of the access it names, or what its own text says. */
export function hazardTarget(
  object: string,
  targets: readonly Target[],
  more: { labels: Labels; owned: OwnerTest },
): Target {
  const isIt = (target: Target) => target.qualified === object || `${target.schema}.${target.name}` === object;
  const named = targets.find(isIt) ?? targets.find(target => target.name === object);
  if (named !== undefined) return named;
  const [schema, name] = splitQualified(object) ?? [null, object];
  const target = relationTarget({ schema, relation: name, oid: 0 }, more.labels, more.owned);
  return { ...target, action: 'opaque', kind: 'other', unresolved: schema === null };
}

export function targetOf(access: Access, labels: Labels, owned: OwnerTest): Target {
  const { kind, schema, name, oid, system, temporary } = access.object;
  const tags =
    kind === 'relation'
      ? labels.ofRelation(oid, { schema, name })
      : kind === 'schema'
        ? labels.ofSchema(name)
        : kind === 'database'
          ? labels.ofSchema(null)
          : [];
  return {
    action: access.action,
    verb: access.verb,
    kind,
    schema,
    name,
    qualified: qualifiedName(schema, name),
    system,
    temporary,
    tags,
    owned: owned({ schema, name }),
    unresolved: false,
  };
}
