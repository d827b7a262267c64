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
  minItems?: number;
  maxItems?: number;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  additionalProperties?: boolean | JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
};

export type Content = Record<string, { schema?: JsonSchema }>;
export type Parameter = { name: string; in: string; required?: boolean; schema?: JsonSchema; description?: string };
type Answer = { description?: string; content?: Content };

export type RawOperation = {
  operationId?: string;
  summary?: string;
  description?: string;
  tags?: string[];
  parameters?: Parameter[];
  requestBody?: { content?: Content };
  responses?: Record<string, Answer>;
  security?: Record<string, string[]>[];
  'x-permission'?: string;
};

export type OpenApi = {
  info: { title: string; version: string; description?: string };
  tags?: readonly { name: string; description?: string }[];
  paths: Record<string, Record<string, RawOperation>>;
  components?: {
    schemas?: Record<string, JsonSchema>;
    securitySchemes?: Record<string, { description?: string }>;
  };
};

export type Operation = RawOperation & { method: string; path: string; id: string };

const methods = ['get', 'post', 'put', 'patch', 'delete'];

const searched = ({ method, path, summary, id, 'x-permission': permission, tags }: Operation): string =>
  [method, path, summary, id, permission, ...(tags ?? [])].join(' ').toLowerCase();

function operationsOf(document: OpenApi): Operation[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    methods.flatMap(method => {
      const operation = item[method];
      return operation ? [{ ...operation, method, path, id: operation.operationId ?? `${method} ${path}` }] : [];
    }),
  );
}

/** Those that have every word of the text, grouped by their first tag in alphabetical order. */
export function operationsByTag(document: OpenApi, text: string): [string, Operation[]][] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const groups = new Map<string, Operation[]>();
  for (const operation of operationsOf(document)) {
    const haystack = searched(operation);
    if (!words.every(word => haystack.includes(word))) continue;
    const tag = (operation.tags?.[0] ?? 'Other').replace(/^./, letter => letter.toUpperCase());
    groups.set(tag, [...(groups.get(tag) ?? []), operation]);
  }
  return [...groups].sort(([a], [b]) => a.localeCompare(b));
}

/** Who may call it, in words. */
export function authenticationOf({ security, 'x-permission': permission }: Operation): string {
  if (security === undefined || security.length === 0) return 'Nothing: anybody may call it.';
  const token = security.some(scheme => 'proxyToken' in scheme)
    ? 'A token that the proxy signs itself'
    : 'An API token';
  return permission ? `${token} with the permission ${permission}.` : `${token}.`;
}

/** The first media type there is, with its schema. */
export function bodyOf(content: Content | undefined): { mediaType: string; schema: JsonSchema | null } | null {
  const [first] = Object.entries(content ?? {});
  return first ? { mediaType: first[0], schema: first[1].schema ?? null } : null;
}

/** What is answered when it went well, and how else it can end. */
export function answersOf({ responses }: Operation): {
  good: (Answer & { status: string })[];
  bad: (Answer & { status: string })[];
} {
  const all = Object.entries(responses ?? {}).map(([status, answer]) => ({ ...answer, status }));
  return {
    good: all.filter(answer => Number(answer.status) < 400),
    bad: all.filter(answer => Number(answer.status) >= 400),
  };
}
