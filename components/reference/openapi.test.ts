/** The reference shows every operation once, every field at its depth, and calls that the server would take. */
import { expect, test } from 'vitest';
import { curlOf, exampleOf } from './example.ts';
import { answersOf, authenticationOf, type OpenApi, operationsByTag } from './openapi.ts';
import { notesOf, schemaLines, typeOf } from './schema-lines.ts';

const thing = { type: 'object', required: ['id'], properties: { id: { type: 'string', format: 'uuid' } } };
const document: OpenApi = {
  info: { title: 'API', version: '1' },
  paths: {
    '/b': {
      get: { tags: ['zoo'], summary: 'Read b', security: [] },
      post: {
        tags: ['zoo'],
        summary: 'Make b',
        security: [{ apiToken: [] }],
        'x-permission': 'zoo:write',
        requestBody: {
          content: {
            'application/json': {
              schema: {
                type: 'object',
                required: ['name', 'kind'],
                properties: {
                  name: { type: 'string', minLength: 1 },
                  kind: { enum: ['owl’s', 'bat'] },
                  note: { type: 'string' },
                },
              },
            },
          },
        },
        responses: { 200: { description: 'OK' }, 400: { description: 'Bad' } },
      },
    },
    '/a/{id}': {
      get: {
        tags: ['ant'],
        security: [{ proxyToken: [] }],
        parameters: [
          { name: 'depth', in: 'query', required: true, schema: { type: 'integer', minimum: 2 } },
          { name: 'q', in: 'query', schema: { type: 'string' } },
        ],
        responses: { 200: { content: { 'text/event-stream': {} } } },
      },
      parameters: {},
    },
  },
  components: { schemas: { Thing: thing } },
};
const operation = (text: string) => {
  const found = operationsByTag(document, text)[0]?.[1][0];
  if (!found) throw new Error('there is no such operation');
  return found;
};

test('operations are grouped, and found by all the words', () => {
  expect(operationsByTag(document, '').map(([tag, list]) => [tag, list.length])).toEqual([
    ['Ant', 1],
    ['Zoo', 2],
  ]);
  expect(operationsByTag(document, 'zoo:write make').map(([, list]) => list[0]?.method)).toEqual(['post']);
  expect(operationsByTag(document, 'zoo ant')).toEqual([]);
});

test('who may call is said, and how it can end', () => {
  expect(authenticationOf(operation('make'))).toBe('An API token with the permission zoo:write.');
  expect(authenticationOf(operation('read b'))).toContain('anybody');
  expect(authenticationOf(operation('/a'))).toContain('the proxy signs');
  const { good, bad } = answersOf(operation('make'));
  expect([good.map(each => each.status), bad.map(each => each.status)]).toEqual([['200'], ['400']]);
});

test('fields are told with type, need and depth', () => {
  const schema = {
    type: 'object',
    required: ['items'],
    properties: {
      items: { type: 'array', items: { type: 'object', properties: { kind: { enum: ['a', 'b'] } } } },
      thing: { anyOf: [{ $ref: '#/components/schemas/Thing' }, { type: 'null' }] },
      limit: { type: 'integer', default: 50, maximum: 200, minimum: -9007199254740991 },
    },
  };
  expect(schemaLines(schema, document)).toEqual([
    { depth: 0, name: 'items', type: 'object[]', isRequired: true, note: '' },
    { depth: 1, name: 'kind', type: '"a" | "b"', isRequired: false, note: '' },
    { depth: 0, name: 'thing', type: 'object | null', isRequired: false, note: '' },
    { depth: 1, name: 'id', type: 'string (uuid)', isRequired: true, note: '' },
    { depth: 0, name: 'limit', type: 'integer', isRequired: false, note: 'to 200, default 50' },
  ]);
});

test('types and limits of unions are those of their parts', () => {
  expect(typeOf({ type: 'array', items: { enum: [1, 2] } })).toBe('(1 | 2)[]');
  expect(typeOf({ type: 'object', additionalProperties: { type: 'string' } })).toBe('{ [name]: string }');
  expect(notesOf({ anyOf: [{ type: 'string', maxLength: 80 }, { type: 'null' }] })).toBe('at most 80 characters');
});

test('a schema that contains itself ends', () => {
  const itself: OpenApi = {
    ...document,
    components: { schemas: { Tree: { type: 'object', properties: { next: { $ref: '#/components/schemas/Tree' } } } } },
  };
  expect(schemaLines({ $ref: '#/components/schemas/Tree' }, itself).length).toBeLessThan(10);
  expect(exampleOf({ $ref: '#/components/schemas/Tree' }, itself)).toEqual({});
});

test('the example call has what is required and survives the shell', () => {
  expect(curlOf(operation('make'), document, 'https://weir.example.com/api/v1')).toBe(
    `curl -X POST 'https://weir.example.com/api/v1/b' \\\n  -H "Authorization: Bearer $WEIR_API_TOKEN" \\\n  -H 'Content-Type: application/json' \\\n  -d '{\n  "name": "text",\n  "kind": "owl’s"\n}'`,
  );
  expect(curlOf(operation('/a'), document, '')).toBe(
    `curl -N '/a/{id}?depth=2' \\\n  -H "Authorization: Bearer $WEIR_PROXY_TOKEN"`,
  );
  expect(curlOf(operation('read b'), document, '')).toBe("curl '/b'");
});
