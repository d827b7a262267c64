/** A JSON schema as lines that people read: field, type, what it has to be. Pure. */
import type { JsonSchema, OpenApi } from './openapi.ts';

const depthMax = 6;

export type SchemaLine = { depth: number; name: string; type: string; isRequired: boolean; note: string };

export function resolved(schema: JsonSchema, document: OpenApi): JsonSchema {
  if (!schema.$ref) return schema;
  return document.components?.schemas?.[schema.$ref.split('/').at(-1) ?? ''] ?? {};
}

const variantsOf = (schema: JsonSchema): readonly JsonSchema[] => schema.anyOf ?? schema.oneOf ?? schema.allOf ?? [];

export function typeOf(schema: JsonSchema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map(value => JSON.stringify(value)).join(' | ');
  const variants = variantsOf(schema);
  if (variants.length > 0 && !schema.type) {
    return [...new Set(variants.map(typeOf))].join(schema.allOf ? ' & ' : ' | ');
  }
  const type = Array.isArray(schema.type) ? schema.type.join(' | ') : (schema.type ?? (schema.$ref ? 'object' : 'any'));
  if (type === 'array') {
    const item = schema.items ? typeOf(schema.items) : 'any';
    return item.includes(' | ') ? `(${item})[]` : `${item}[]`;
  }
  if (type === 'object' && typeof schema.additionalProperties === 'object' && !schema.properties) {
    return `{ [name]: ${typeOf(schema.additionalProperties)} }`;
  }
  return schema.format ? `${type} (${schema.format})` : type;
}

const isBound = (value: number | undefined): value is number =>
  value !== undefined && Math.abs(value) < Number.MAX_SAFE_INTEGER;

/** What a value has to be, beyond its type. */
export function notesOf(schema: JsonSchema): string {
  const only = variantsOf(schema).filter(variant => variant.type !== 'null');
  if (only.length === 1 && only[0] && !schema.type)
    return notesOf({ ...only[0], description: schema.description ?? only[0].description });
  const bounds = [
    schema.minLength ? `at least ${schema.minLength} characters` : '',
    schema.maxLength ? `at most ${schema.maxLength} characters` : '',
    schema.minItems ? `at least ${schema.minItems}` : '',
    schema.maxItems ? `at most ${schema.maxItems} of them` : '',
    isBound(schema.minimum) ? `from ${schema.minimum}` : '',
    isBound(schema.maximum) ? `to ${schema.maximum}` : '',
    schema.pattern && !schema.format ? `matches ${schema.pattern}` : '',
    schema.default !== undefined ? `default ${JSON.stringify(schema.default)}` : '',
  ]
    .filter(Boolean)
    .join(', ');
  if (!schema.description) return bounds;
  return bounds ? `${schema.description} (${bounds})` : schema.description;
}

/** The fields of a schema, one line each, nested ones deeper. Variants come one after the other. */
export function schemaLines(schema: JsonSchema, document: OpenApi, depth = 0): SchemaLine[] {
  if (depth > depthMax) return [];
  const known = resolved(schema, document);
  const inner = known.items ? resolved(known.items, document) : known;
  const own = Object.entries(inner.properties ?? {}).flatMap(([name, property]) => [
    {
      depth,
      name,
      type: typeOf(property),
      isRequired: inner.required?.includes(name) ?? false,
      note: notesOf(property),
    },
    ...schemaLines(property, document, depth + 1),
  ]);
  const values = typeof inner.additionalProperties === 'object' ? [inner.additionalProperties] : [];
  const nested = [...variantsOf(inner), ...values].filter(
    variant => variant.properties || variant.items || variant.$ref || variantsOf(variant).length > 0,
  );
  return [...own, ...nested.flatMap(variant => schemaLines(variant, document, depth))];
}
