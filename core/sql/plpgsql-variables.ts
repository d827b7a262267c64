/** Variables of a PL/pgSQL body: what any assignment anywhere in it may have put into them. */
import { parseExpression } from './domain.ts';
import type { Datum } from './plpgsql-tree.ts';
import { RefusalError } from './refuse.ts';
import { lookupRelation } from './relation.ts';
import type { Analyzer } from './state.ts';
import { typeOfName } from './typename.ts';
import { relationOfType } from './types/coerce.ts';
import { oid, untyped } from './types/oid.ts';
import { changed, constant, type Field, marks, pureOver, unionOrigins, type Value } from './value.ts';

const rowType = /^(?:"?([^".]+)"?\.)?"?([^".%]+)"?%rowtype$/i;

type Declared = { oid: number; typmod: number };
const plainly = (type: number): Declared => ({ oid: type, typmod: -1 });

/** Type of a declaration; untyped where only running tells. */
function declaredType(a: Analyzer, name: string | null): Declared {
  if (name === null || name === '' || /^record$/i.test(name)) return plainly(oid.record);
  const row = rowType.exec(name);
  if (row) return plainly(lookupRelation(a, row[1] ?? null, row[2] ?? '')?.rowTypeOid || oid.record);
  const node = parseExpression(`NULL::${name}`);
  if (!node || !('TypeCast' in node) || !node.TypeCast.typeName) return plainly(untyped);
  try {
    return typeOfName(a, node.TypeCast.typeName);
  } catch (error) {
    if (error instanceof RefusalError) return plainly(untyped);
    throw error;
  }
}

const plain = (value: Value): Value =>
  changed(value, {
    wire: null,
    literal: null,
    tests: null,
    restricts: false,
    bounds: false,
    set: false,
    magnitude: null,
    document: null,
  });

/** Both values may be in the variable. */
function merged(known: Value, added: Value): Value {
  const origins = unionOrigins([known.origins, added.origins]);
  const kind = origins.length === 0 ? 'constant' : pureOver([known, added]);
  const mayRaise = known.mayRaise || added.mayRaise;
  const fields = mergedFields(known, added);
  const facts = { origins, kind, mayRaise, fields, magnitude: null, document: null };
  return changed(known, { ...marks([known, added]), ...facts });
}

function mergedFields(known: Value, added: Value): readonly Field[] | null {
  if (!known.fields) return added.fields?.map(field => ({ name: field.name, value: plain(field.value) })) ?? null;
  if (!added.fields) {
    if (added.origins.length === 0) return known.fields;
    return known.fields.map(field => ({ name: field.name, value: merged(field.value, added) }));
  }
  const fields = [...known.fields];
  for (const [index, field] of added.fields.entries()) {
    const at = fields.findIndex(candidate => candidate.name === field.name);
    const place = at >= 0 ? at : index;
    const before = fields[place];
    fields[place] = before
      ? { name: before.name, value: merged(before.value, plain(field.value)) }
      : { name: field.name, value: plain(field.value) };
  }
  return fields;
}

export class Variables {
  private readonly values = new Map<string, Value>();
  /** Raised with each assignment that adds something: the body is read again until nothing does. */
  changes = 0;
  private readonly a: Analyzer;

  constructor(a: Analyzer, datums: readonly Datum[]) {
    this.a = a;
    for (const datum of datums) {
      if (datum.kind !== 'var' && datum.kind !== 'rec') continue;
      const declared =
        datum.kind === 'rec' && datum.typeName === null ? plainly(oid.record) : declaredType(a, datum.typeName);
      const type = declared.oid;
      const known = this.values.get(datum.name);
      const fields = this.fieldsOf(type);
      // Two variables of one name in different blocks are taken for one.
      const settled = known && known.type !== type ? untyped : type;
      const typmod = known ? -1 : declared.typmod;
      const initial = changed(constant(settled, null, typmod), {
        fields: known && known.type !== type ? null : fields,
      });
      this.values.set(datum.name, initial);
    }
  }

  private fieldsOf(type: number): readonly Field[] | null {
    const relation = this.a.catalog.relation(relationOfType(this.a.catalog, type));
    if (!relation) return null;
    return relation.columns.map(column => ({ name: column.name, value: constant(column.typeOid) }));
  }

  get(name: string): Value | null {
    return this.values.get(name) ?? null;
  }

  set(name: string, value: Value): void {
    this.values.set(name, value);
  }

  assign(name: string, value: Value): void {
    const known = this.values.get(name);
    if (!known) return;
    const next = merged(known, plain(value));
    const grew = size(next) !== size(known);
    this.values.set(name, next);
    if (grew) this.changes++;
  }

  /** `variable`, `record.field`, or either after the label of a block. */
  assignNamed(names: readonly string[], value: Value): void {
    const [first = '', field] = names.slice(this.values.has(names[0] ?? '') ? 0 : 1);
    if (field === undefined) this.assign(first, value);
    else this.assignField(first, field, value);
  }

  /** `record.field := …` */
  assignField(name: string, field: string, value: Value): void {
    const row = this.values.get(name);
    if (!row) return;
    const shaped: Value = changed(plain(value), { type: row.type, fields: [{ name: field, value: plain(value) }] });
    const known = row.fields?.some(candidate => candidate.name === field);
    this.assign(name, known === true ? shaped : changed(plain(value), { fields: null }));
  }
}

const size = (value: Value): number =>
  Object.values(marks([value])).filter(mark => mark).length +
  value.origins.length +
  (value.fields ?? []).reduce((sum, field) => sum + field.value.origins.length, 0) +
  (value.fields?.length ?? 0);
