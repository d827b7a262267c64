/** A call of an operation that can be pasted into a shell, with a body that the server would take. Pure. */
import { bodyOf, type JsonSchema, type OpenApi, type Operation } from './openapi.ts';
import { resolved } from './schema-lines.ts';

const depthMax = 6;
const formats: Readonly<Record<string, string>> = {
  uuid: '00000000-0000-4000-8000-000000000000',
  'date-time': '2026-01-31T12:00:00Z',
  uri: 'https://example.com',
};

function stringExample({ format, minLength = 0 }: JsonSchema): string {
  const known = format ? formats[format] : undefined;
  return known ?? 'text'.padEnd(minLength, '…').slice(0, Math.max(4, minLength));
}

/** The least that fits: required fields, first choices, lower bounds. */
export function exampleOf(schema: JsonSchema, document: OpenApi, depth = 0): unknown {
  const known = resolved(schema, document);
  if (known.default !== undefined) return known.default;
  if (known.const !== undefined) return known.const;
  if (known.enum) return known.enum[0];
  const variants = known.anyOf ?? known.oneOf ?? known.allOf;
  const type = Array.isArray(known.type) ? known.type[0] : known.type;
  if (variants && !type) return variants[0] ? exampleOf(variants[0], document, depth) : null;
  if (depth > depthMax) return null;
  switch (type) {
    case 'string':
      return stringExample(known);
    case 'integer':
    case 'number':
      return Math.max(known.minimum ?? 1, 1);
    case 'boolean':
      return true;
    case 'array':
      return known.items && known.minItems ? [exampleOf(known.items, document, depth + 1)] : [];
    case 'object':
      return Object.fromEntries(
        Object.entries(known.properties ?? {})
          .filter(([name]) => known.required?.includes(name))
          .map(([name, property]) => [name, exampleOf(property, document, depth + 1)]),
      );
    default:
      return null;
  }
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

function bodyLines(operation: Operation, document: OpenApi): string[] {
  const body = bodyOf(operation.requestBody?.content);
  if (!body?.schema) return [];
  if (!body.mediaType.includes('json')) return ['--data-binary @file'];
  const example = exampleOf(body.schema, document);
  return ["-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(example, null, 2))}`];
}

function queryOf(operation: Operation, document: OpenApi): string {
  const needed = (operation.parameters ?? []).filter(each => each.in === 'query' && each.required);
  const pairs = needed.map(
    each => `${each.name}=${encodeURIComponent(String(each.schema ? exampleOf(each.schema, document) : ''))}`,
  );
  return pairs.length > 0 ? `?${pairs.join('&')}` : '';
}

/** `{parameters}` of the path stay for the reader to fill in. */
export function curlOf(operation: Operation, document: OpenApi, base: string): string {
  const schemes = operation.security ?? [];
  const token = schemes.some(scheme => 'proxyToken' in scheme) ? '$WEIR_PROXY_TOKEN' : '$WEIR_API_TOKEN';
  const isStream = Object.values(operation.responses ?? {}).some(answer => answer.content?.['text/event-stream']);
  const method = operation.method === 'get' ? '' : ` -X ${operation.method.toUpperCase()}`;
  const lines = [
    `curl${isStream ? ' -N' : ''}${method} '${base}${operation.path}${queryOf(operation, document)}'`,
    ...(schemes.length > 0 ? [`-H "Authorization: Bearer ${token}"`] : []),
    ...bodyLines(operation, document),
  ];
  return lines.join(' \\\n  ');
}
