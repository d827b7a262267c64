/** The reference shows every operation once and every field at its depth. */
import { expect, test } from 'vitest';
import { type OpenApi, operationsByTag, schemaLines } from './openapi.ts';

const document: OpenApi = {
  info: { title: 'API', version: '1' },
  paths: {
    '/b': { get: { tags: ['zoo'], summary: 'Read b' }, post: { tags: ['zoo'], summary: 'Make b' } },
    '/a/{id}': { get: { tags: ['ant'] }, parameters: {} },
  },
  components: { schemas: { Thing: { type: 'object', properties: { id: { type: 'string' } } } } },
};

test('operations are grouped and found', () => {
  expect(operationsByTag(document, '').map(([tag, list]) => [tag, list.length])).toEqual([
    ['Ant', 1],
    ['Zoo', 2],
  ]);
  expect(operationsByTag(document, 'make').map(([, list]) => list[0]?.method)).toEqual(['post']);
});

test('fields are told with type, need and depth', () => {
  const lines = schemaLines(
    {
      type: 'object',
      required: ['items'],
      properties: {
        items: { type: 'array', items: { type: 'object', properties: { kind: { enum: ['a', 'b'] } } } },
        thing: { $ref: '#/components/schemas/Thing' },
        limit: { type: 'integer', default: 50, maximum: 200 },
      },
    },
    document,
  );
  expect(lines).toEqual([
    { depth: 0, name: 'items', type: 'object[]', isRequired: true, note: '' },
    { depth: 1, name: 'kind', type: '"a" | "b"', isRequired: false, note: '' },
    { depth: 0, name: 'thing', type: 'any', isRequired: false, note: '' },
    { depth: 1, name: 'id', type: 'string', isRequired: false, note: '' },
    { depth: 0, name: 'limit', type: 'integer', isRequired: false, note: 'to 200, default 50' },
  ]);
});
