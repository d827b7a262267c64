/** Statements that put code into the database: functions, triggers, rules, policies, domains, casts, operators … and DO. */

import type { CatalogFunction, CatalogRelation, CatalogType } from '../../catalog/snapshot.ts';
import { callBody } from '../bodies.ts';
import { nameOf } from '../dml.ts';
import { domainsIn, parseExpression } from '../domain.ts';
import { expression } from '../expression.ts';
import { elsewhere } from '../extent.ts';
import { dotted, qualified, stringOf, stringsOf } from '../names.ts';
import type { Pg } from '../parse.ts';
import { RefusalError, undefinedName, unresolved } from '../refuse.ts';
import { relationFields, relationFor } from '../relation.ts';
import { actionsOf, oldAndNew } from '../rules.ts';
import { Scope } from '../scope.ts';
import { condition } from '../select.ts';
import { functionSetting } from '../setting.ts';
import type { Analyzer } from '../state.ts';
import { nothing, type Outcome, rows } from '../statement.ts';
import { lookupType, typeOfName } from '../typename.ts';
import { oid } from '../types/oid.ts';
import { changed, constant, type Value } from '../value.ts';
import { policiesWith } from './dependents.ts';
import { created, creationSchema, functionSchema, objectDone, relationTouched } from './object.ts';
import { redefined } from './stored.ts';
import { ownScope, tableScope } from './table.ts';

const optionsOf = (nodes: readonly Pg.Node[] | undefined): Map<string, Pg.Node | undefined> =>
  new Map((nodes ?? []).flatMap(node => ('DefElem' in node ? [[node.DefElem.defname ?? '', node.DefElem.arg]] : [])));

const modes: Readonly<Record<string, 'i' | 'o' | 'b' | 'v' | 't'>> = {
  FUNC_PARAM_IN: 'i',
  FUNC_PARAM_DEFAULT: 'i',
  FUNC_PARAM_OUT: 'o',
  FUNC_PARAM_INOUT: 'b',
  FUNC_PARAM_VARIADIC: 'v',
  FUNC_PARAM_TABLE: 't',
};

function argumentsOf(a: Analyzer, node: Pg.CreateFunctionStmt): CatalogFunction['allArguments'] {
  return (node.parameters ?? []).map(parameter => {
    if (!('FunctionParameter' in parameter)) return unresolved('CREATE FUNCTION');
    const { name = '', mode, argType, defexpr } = parameter.FunctionParameter;
    if (defexpr) expression(a, new Scope(null), defexpr);
    return { name, mode: modes[mode ?? ''] ?? 'i', typeOid: argType ? typeOfName(a, argType).oid : 0 };
  });
}

const sourceText = (node: Pg.Node | undefined): string | null => {
  if (!node || !('List' in node)) return node && 'String' in node ? stringOf(node) : null;
  const items = node.List.items ?? [];
  return items.length === 1 ? stringOf(items[0]) : null;
};

/** The function as it will be in the catalog. */
function described(a: Analyzer, node: Pg.CreateFunctionStmt): CatalogFunction {
  const options = optionsOf(node.options);
  const names = stringsOf(node.funcname);
  const allArguments = argumentsOf(a, node);
  const inputs = allArguments.filter(argument => 'ibv'.includes(argument.mode));
  const outputs = allArguments.filter(argument => 'obt'.includes(argument.mode));
  const returns = node.returnType ? typeOfName(a, node.returnType) : null;
  const implied =
    outputs.length === 1 ? (outputs[0]?.typeOid ?? oid.record) : outputs.length > 1 ? oid.record : oid.void;
  const language = options.get('language');
  const definer = options.get('security');
  return {
    oid: a.nextOid() - 1_000_000,
    schema: creationSchema(a, qualified(names).schema),
    name: qualified(names).name,
    kind: node.is_procedure ? 'procedure' : 'function',
    argumentTypes: inputs.map(argument => argument.typeOid),
    allArguments,
    defaults: 0,
    defaultsText: null,
    variadicTypeOid: 0,
    returnTypeOid: returns?.oid ?? implied,
    returnsSet: returns?.set ?? allArguments.some(argument => argument.mode === 't'),
    volatility: 'v',
    strict: false,
    leakproof: false,
    securityDefiner: definer !== undefined && 'Boolean' in definer && definer.Boolean.boolval === true,
    language: language ? stringOf(language).toLowerCase() : 'sql',
    body: sourceText(options.get('as')),
    atomic: false,
    searchPath: null,
    aggregate: null,
    extension: null,
  };
}

function settingsOf(a: Analyzer, name: string, options: readonly Pg.Node[] | undefined): void {
  for (const node of options ?? []) {
    const set = 'DefElem' in node ? node.DefElem.arg : undefined;
    if (set && 'VariableSetStmt' in set) functionSetting(a, name, set.VariableSetStmt);
  }
}

const trusted: ReadonlySet<string> = new Set(['sql', 'plpgsql']);

/** What the body would do counts as what creating it does: somebody is going to call it. */
function bodyFindings(a: Analyzer, fn: CatalogFunction, node: Pg.CreateFunctionStmt): void {
  if (node.sql_body) {
    const inner = a.nested({ origin: 'function', oid: fn.oid, path: a.path, arguments: placeholderArguments(fn) });
    actionsOf(inner, null, node.sql_body);
    a.out.include(inner.out, false);
    return;
  }
  const args = fn.argumentTypes.map(type => constant(type));
  if (!callBody(a, fn, args, { result: fn.returnTypeOid }))
    a.out.object('opaque', 'create', 'function', fn.name, { schema: fn.schema });
}

const placeholderArguments = (fn: CatalogFunction) => {
  const inputs = fn.allArguments.filter(argument => 'ibv'.includes(argument.mode));
  return {
    function: fn.name,
    names: inputs.map(argument => argument.name),
    values: inputs.map(argument => constant(argument.typeOid)),
  };
};

/** All of the name where arguments are not given. */
function namesakes(a: Analyzer, schema: string | null, name: string, types?: readonly number[]): ReadonlySet<number> {
  const found = a.catalog.functionsNamed(name).filter(fn => schema === null || fn.schema === schema);
  const isIt = (fn: CatalogFunction) => types === undefined || fn.argumentTypes.join() === types.join();
  return new Set(found.filter(isIt).map(fn => fn.oid));
}

export function createFunction(a: Analyzer, node: Pg.CreateFunctionStmt): Outcome {
  const fn = described(a, node);
  const name = `${fn.schema}.${fn.name}`;
  a.out.object('define', 'create', 'function', fn.name, { schema: fn.schema });
  a.out.hazard('code', name);
  if (fn.securityDefiner) a.out.hazard('security_definer', name);
  if (!trusted.has(fn.language)) a.out.hazard('untrusted_language', `${name} (${fn.language})`);
  settingsOf(a, name, node.options);
  if (node.replace) {
    redefined(a);
    policiesWith(a, namesakes(a, fn.schema, fn.name, fn.argumentTypes));
  }
  bodyFindings(a, fn, node);
  a.catalogChanges();
  return nothing('ddl');
}

export function alterFunction(a: Analyzer, node: Pg.AlterFunctionStmt): Outcome {
  const { schema, name } = objectDone(a, node.objtype, node.func ? { ObjectWithArgs: node.func } : undefined, {
    action: 'define',
    verb: 'alter',
  });
  const shown = schema === null ? name : `${schema}.${name}`;
  a.out.hazard('code', shown);
  if (optionsOf(node.actions).has('security')) a.out.hazard('security_definer', shown);
  settingsOf(a, shown, node.actions);
  policiesWith(a, namesakes(a, schema, name));
  a.catalogChanges();
  return nothing('ddl');
}

/** DO runs its text at once. */
export function doStatement(a: Analyzer, node: Pg.DoStmt): Outcome {
  const options = optionsOf(node.args);
  const language = options.get('language');
  const body = sourceText(options.get('as'));
  a.out.hazard('anonymous_block', language ? stringOf(language) : 'plpgsql');
  const name = 'inline_code_block';
  const fn: CatalogFunction = {
    ...emptyFunction,
    oid: a.nextOid() - 2_000_000,
    name,
    language: language ? stringOf(language).toLowerCase() : 'plpgsql',
    body,
  };
  if (!trusted.has(fn.language)) a.out.hazard('untrusted_language', fn.language);
  try {
    if (!callBody(a, fn, [], { result: oid.void })) a.out.object('opaque', 'call', 'other', name);
  } catch (error) {
    if (!(error instanceof RefusalError)) throw error;
    a.out.object('opaque', 'call', 'other', name);
  }
  a.out.object('call', 'call', 'other', name);
  a.catalogChanges();
  return nothing('do');
}

const emptyFunction: CatalogFunction = {
  oid: 0,
  schema: '',
  name: '',
  kind: 'function',
  argumentTypes: [],
  allArguments: [],
  defaults: 0,
  defaultsText: null,
  variadicTypeOid: 0,
  returnTypeOid: oid.void,
  returnsSet: false,
  volatility: 'v',
  strict: false,
  leakproof: false,
  securityDefiner: false,
  language: 'plpgsql',
  body: null,
  atomic: false,
  searchPath: null,
  aggregate: null,
  extension: null,
};

export function callStatement(a: Analyzer, node: Pg.CallStmt): Outcome {
  if (!node.funccall) return unresolved('CALL');
  const value = called(a, node.funccall);
  return value.fields && value.fields.length > 0 ? rows('call', value.fields) : nothing('call');
}

/** What is not found is called a procedure there. */
function called(a: Analyzer, call: Pg.FuncCall): Value {
  try {
    return expression(a, new Scope(null), { FuncCall: call });
  } catch (error) {
    if (!(error instanceof RefusalError) || error.code !== 'undefined_function' || error.location !== call.location)
      throw error;
    return undefinedName(error.code, 'CallStmt', error.message.replace(/^function/, 'procedure'), call.location);
  }
}

const triggerEvents = { insert: 4, delete: 8, update: 16, truncate: 32 } as const;

/** In the place of one that is there, it runs the same function at least as often. Otherwise that one is switched off. */
function covers(a: Analyzer, relation: CatalogRelation, node: Pg.CreateTrigStmt): boolean {
  const replaced = relation.triggers.find(({ name }) => name === node.trigname);
  if (!replaced) return true;
  const { schema, name } = qualified(stringsOf(node.funcname));
  const fn = a.catalog.function(replaced.functionOid);
  const isSame = fn?.name === name && (schema ?? functionSchema(a, name)) === fn.schema;
  const isWide = replaced.events.every(event => ((node.events ?? 0) & triggerEvents[event]) !== 0);
  return isSame && isWide && !node.whenClause && !node.columns;
}

export function createTrigger(a: Analyzer, node: Pg.CreateTrigStmt): Outcome {
  const relation = relationTouched(a, node.relation, { action: 'define', verb: 'alter' });
  const name = node.trigname ?? '';
  a.out.object('define', 'create', 'other', `trigger ${name}`, { schema: relation?.schema ?? null });
  a.out.hazard('code', `trigger ${name}`);
  if (relation && node.replace && !covers(a, relation, node)) a.out.hazard('trigger_disable', nameOf(relation));
  for (const child of relation ? elsewhere(a, relation) : []) a.out.relation('define', 'alter', child);
  if (relation && node.whenClause) condition(a, oldAndNew(a, relation), node.whenClause);
  a.catalogChanges();
  return nothing('ddl');
}

export function createRule(a: Analyzer, node: Pg.RuleStmt): Outcome {
  const relation = relationFor(a, node.relation ?? unresolved('RuleStmt'));
  a.touch(relation);
  a.out.relation('define', 'alter', relation);
  a.out.hazard('rule', node.rulename ?? '');
  const scope = oldAndNew(a, relation);
  if (node.whereClause) condition(a, scope, node.whereClause);
  for (const action of node.actions ?? []) actionsOf(a, scope, action);
  a.catalogChanges();
  return nothing('ddl');
}

export function policyStatement(a: Analyzer, node: Pg.CreatePolicyStmt | Pg.AlterPolicyStmt): Outcome {
  const relation = relationTouched(a, node.table, { action: 'define', verb: 'alter' });
  a.out.hazard('row_security', node.policy_name ?? '');
  if (relation)
    for (const clause of [node.qual, node.with_check]) if (clause) condition(a, ownScope(a, relation), clause);
  a.catalogChanges();
  return nothing('ddl');
}

export function createDomain(a: Analyzer, node: Pg.CreateDomainStmt): Outcome {
  created(a, 'type', stringsOf(node.domainname));
  const type = node.typeName ? typeOfName(a, node.typeName).oid : 0;
  const scope = tableScope([{ name: 'value', value: constant(type) }], null);
  for (const own of node.constraints ?? []) {
    if (!('Constraint' in own) || !own.Constraint.raw_expr) continue;
    if (own.Constraint.contype === 'CONSTR_CHECK') condition(a, scope, own.Constraint.raw_expr);
    else a.out.usedAs(expression(a, new Scope(null), own.Constraint.raw_expr), 'default');
  }
  a.out.hazard('code', dotted(stringsOf(node.domainname)));
  return nothing('ddl');
}

/** A new constraint, or one that is validated, is held against every value there is, wherever it is stored. */
function constrained(a: Analyzer, domain: CatalogType, { subtype, def }: Pg.AlterDomainStmt): void {
  if (subtype === 'X' || subtype === 'N') a.out.hazard('alter_destructive', `${domain.schema}.${domain.name}`);
  const added = def && 'Constraint' in def ? def.Constraint : null;
  const checks = added?.raw_expr ? [added.raw_expr] : subtype === 'V' ? domain.checks.map(parseExpression) : [];
  if (checks.length === 0 && subtype !== 'O' && added === null) return;
  const holds = (value: Value): void => {
    const scope = tableScope([{ name: 'value', value: changed(value, { type: domain.baseOid }) }], null);
    for (const check of checks) condition(a, scope, check ?? unresolved('ALTER DOMAIN'));
  };
  holds(constant(domain.baseOid));
  if (added?.skip_validation) return;
  for (const relation of a.catalog.userRelations()) {
    if (!'rpmf'.includes(relation.kind)) continue;
    for (const { value } of relationFields(a, relation)) {
      if (!domainsIn(a, value.type).includes(domain.oid)) continue;
      a.out.relation('define', 'alter', relation);
      a.out.hazard('alter_rewrite', nameOf(relation));
      holds(value);
      for (const ref of checks.length === 0 ? value.origins : []) a.out.use(ref, 'predicate_null');
    }
  }
}

export function alterDomain(a: Analyzer, node: Pg.AlterDomainStmt): Outcome {
  const names = stringsOf(node.typeName);
  objectDone(a, 'OBJECT_DOMAIN', { List: { items: node.typeName ?? [] } }, { action: 'define', verb: 'alter' });
  const { def } = node;
  if (def && !('Constraint' in def)) a.out.usedAs(expression(a, new Scope(null), def), 'default');
  const domain = lookupType(a, qualified(names).schema, qualified(names).name);
  if (domain) constrained(a, domain, node);
  a.out.hazard('code', dotted(names));
  a.catalogChanges();
  return nothing('ddl');
}
