/** The OpenAPI 3.1 document of the REST API, made from the router, and the same as data for the reference page. */
import 'server-only';
import { OpenAPIGenerator } from '@orpc/openapi';
import { isProcedure } from '@orpc/server';
import { ZodToJsonSchemaConverter } from '@orpc/zod/zod4';
import { errorCodes, errorTable } from '#core/contract/error.ts';
import { env } from '#lib/env.ts';
import { router } from '#lib/router.ts';
import type { ProcedureMeta } from './context.ts';
import { tagWords, wordsFor } from './openapi-words.ts';

export type RegisteredProcedure = {
  /** e.g. `identity.me.get` */
  name: string;
  method: string;
  /** Below /api/v1, with `{parameters}`. */
  path: string;
  meta: ProcedureMeta;
  summary: string;
};

/** Every procedure, as the contract test and the reference page walk over them. */
export function registeredProcedures(): RegisteredProcedure[] {
  const found: RegisteredProcedure[] = [];
  const walk = (node: unknown, path: readonly string[]): void => {
    if (isProcedure(node)) {
      const { route, meta } = node['~orpc'];
      const name = path.join('.');
      if (!route.method || !route.path) throw new Error(`${name} has no method or path`);
      const summary = route.summary ?? name;
      found.push({ name, method: route.method, path: route.path, meta: meta as ProcedureMeta, summary });
    } else if (typeof node === 'object' && node !== null) {
      for (const [key, child] of Object.entries(node)) walk(child, [...path, key]);
    }
  };
  walk(router, []);
  return found;
}

const problemSchema = {
  type: 'object',
  description: 'RFC 9457 problem details',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', enum: errorCodes },
    instance: { type: 'string', description: 'names the request in our log' },
    issues: {
      type: 'array',
      items: { type: 'object', properties: { path: { type: 'string' }, message: { type: 'string' } } },
    },
    permission: { type: 'string', description: 'the one that is missing' },
  },
} as const;

const problemResponse = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
});

const securityOf = ({ audience }: ProcedureMeta): Record<string, string[]>[] =>
  audience === 'public' ? [] : audience === 'proxy' ? [{ proxyToken: [] }] : [{ apiToken: [] }];

type Described = { description?: string; [member: string]: unknown };
type Operation = Described & {
  responses?: Record<string, unknown>;
  parameters?: (Described & { name: string; schema?: Described })[];
  requestBody?: { content?: Record<string, { schema?: { properties?: Record<string, Described> } }> };
};

/** What the schemas themselves say stands. */
function explain(operation: Operation, operationId: string): void {
  for (const parameter of operation.parameters ?? [])
    parameter.description ??= parameter.schema?.description ?? wordsFor(operationId, parameter.name) ?? undefined;
  for (const { schema } of Object.values(operation.requestBody?.content ?? {}))
    for (const [name, field] of Object.entries(schema?.properties ?? {}))
      field.description ??= wordsFor(operationId, name) ?? undefined;
}

function annotate(operation: Operation, procedure: RegisteredProcedure): void {
  const { meta, method } = procedure;
  operation.security = securityOf(meta);
  if (meta.permission) operation['x-permission'] = meta.permission;
  const notes = [
    operation.description,
    meta.permission ? `Needs \`${meta.permission}\`.` : undefined,
    meta.sensitive ? 'The read itself is an audit event.' : undefined,
  ];
  operation.description = notes.filter(Boolean).join(' ') || undefined;
  const isPublic = meta.audience === 'public';
  operation.responses = {
    ...operation.responses,
    400: problemResponse('The input is not valid; `issues` names the fields.'),
    ...(isPublic ? {} : { 401: problemResponse('No or bad credentials.'), 403: problemResponse('Not permitted.') }),
    ...(procedure.path.includes('{') ? { 404: problemResponse('Not there, or not for you to know of.') } : {}),
    ...(method === 'GET' ? {} : { 413: problemResponse('The body is too large.') }),
  };
  if (method === 'POST' && !isPublic) {
    const { parameters = [] } = operation;
    operation.parameters = [
      ...parameters,
      { name: 'Idempotency-Key', in: 'header', required: false, schema: { type: 'string', maxLength: 200 } },
    ];
  }
}

type Document = { paths?: Record<string, Record<string, Operation>>; [member: string]: unknown };

async function generate(): Promise<Document> {
  const generator = new OpenAPIGenerator({ schemaConverters: [new ZodToJsonSchemaConverter()] });
  const document = (await generator.generate(router, {
    info: {
      title: 'Weir control plane',
      version: '1',
      description: [
        'Everything the console does, it does through these.',
        'Make an API token on your profile page and send it as `Authorization: Bearer weir_pat_…`; `GET /me` shows who you are with it.',
        'Lists are paged: pass `nextCursor` of one answer as `cursor` of the next until it is null.',
        'Errors are RFC 9457 problem details; `code` says which, `issues` which fields.',
        'Edits take `expectedVersion` or If-Match, so that nobody overwrites what they have not seen.',
      ].join('\n\n'),
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: `${env().WEIR_CONSOLE_URL.replace(/\/$/, '')}/api/v1` }],
    components: {
      securitySchemes: {
        apiToken: { type: 'http', scheme: 'bearer', description: 'An API token: `weir_pat_…`' },
        proxyToken: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: "At most 60 s old, signed with the proxy's own Ed25519 key (EdDSA); `iss` is the proxy's id.",
        },
      },
      schemas: { Problem: problemSchema as never },
    },
  })) as Document;
  for (const procedure of registeredProcedures()) {
    const operation = document.paths?.[procedure.path.replace(/\{\+/g, '{')]?.[procedure.method.toLowerCase()];
    if (!operation) continue;
    annotate(operation, procedure);
    explain(operation, procedure.name);
  }
  document.tags = Object.entries(tagWords).map(([name, description]) => ({ name, description }));
  document['x-status-of-code'] = Object.fromEntries(errorCodes.map(code => [code, errorTable[code].status]));
  return document;
}

let cached: Promise<Document> | undefined;

/** Made once per process; nothing in it depends on who asks. */
export function openApiDocument(): Promise<Document> {
  cached ??= generate();
  return cached;
}
