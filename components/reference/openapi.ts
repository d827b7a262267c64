/** As much of an OpenAPI 3.1 document as the reference page reads, and its operations in order. Pure. */

export type JsonSchema = {
  $ref?: string;
  type?: string | string[];
  format?: string;
  description?: string;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  additionalProperties?: boolean | JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
};

type Content = Record<string, { schema?: JsonSchema }>;

export type RawOperation = {
  operationId?: string;
  summary?: string;
  description?: string;
  tags?: string[];
  parameters?: { name: string; in: string; required?: boolean; schema?: JsonSchema }[];
  requestBody?: { content?: Content };
  responses?: Record<string, { description?: string; content?: Content }>;
  security?: unknown[];
  'x-permission'?: string;
};

export type OpenApi = {
  info: { title: string; version: string; description?: string };
  paths: Record<string, Record<string, RawOperation>>;
  components?: { schemas?: Record<string, JsonSchema> };
};

export type Operation = RawOperation & { method: string; path: string };

const methods = ['get', 'post', 'put', 'patch', 'delete'];

/** Grouped by their first tag, both in alphabetical order. */
export function operationsByTag(document: OpenApi, text: string): [string, Operation[]][] {
  const needle = text.trim().toLowerCase();
  const groups = new Map<string, Operation[]>();
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of methods) {
      const operation = item[method];
      if (!operation) continue;
      if (
        needle &&
        !`${method} ${path} ${operation.summary ?? ''} ${operation.operationId ?? ''}`.toLowerCase().includes(needle)
      )
        continue;
      const tag = (operation.tags?.[0] ?? 'Other').replace(/^./, letter => letter.toUpperCase());
      groups.set(tag, [...(groups.get(tag) ?? []), { ...operation, method, path }]);
    }
  }
  return [...groups].sort(([a], [b]) => a.localeCompare(b));
}

const depthMax = 6;

export type SchemaLine = { depth: number; name: string; type: string; isRequired: boolean; note: string };

function typeOf(schema: JsonSchema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map(value => JSON.stringify(value)).join(' | ');
  const parts = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (parts && !schema.type) return [...new Set(parts.map(typeOf))].join(schema.allOf ? ' & ' : ' | ');
  const type = Array.isArray(schema.type) ? schema.type.join(' | ') : (schema.type ?? 'any');
  if (type === 'array') return `${schema.items ? typeOf(schema.items) : 'any'}[]`;
  return schema.format ? `${type} (${schema.format})` : type;
}

const limits = (schema: JsonSchema): string =>
  [
    schema.description ?? '',
    schema.minLength ? `at least ${schema.minLength} characters` : '',
    schema.maxLength ? `at most ${schema.maxLength} characters` : '',
    schema.minimum !== undefined ? `from ${schema.minimum}` : '',
    schema.maximum !== undefined && schema.maximum < Number.MAX_SAFE_INTEGER ? `to ${schema.maximum}` : '',
    schema.default !== undefined ? `default ${JSON.stringify(schema.default)}` : '',
  ]
    .filter(Boolean)
    .join(', ');

/** The fields of a schema, one line each, nested ones indented. */
export function schemaLines(schema: JsonSchema, document: OpenApi, depth = 0): SchemaLine[] {
  const known = schema.$ref ? document.components?.schemas?.[schema.$ref.split('/').at(-1) ?? ''] : schema;
  if (!known || depth > depthMax) return [];
  const inner = known.items ?? known;
  const variants = inner.anyOf ?? inner.oneOf ?? inner.allOf ?? [];
  const own = Object.entries(inner.properties ?? {}).flatMap(([name, property]) => [
    {
      depth,
      name,
      type: typeOf(property),
      isRequired: inner.required?.includes(name) ?? false,
      note: limits(property),
    },
    ...schemaLines(property, document, depth + 1),
  ]);
  return [
    ...own,
    ...variants.flatMap(variant =>
      variant.properties || variant.items || variant.$ref ? schemaLines(variant, document, depth) : [],
    ),
  ];
}

export const bodySchema = (content: Content | undefined): JsonSchema | null =>
  Object.values(content ?? {}).find(media => media.schema)?.schema ?? null;
