/** The OpenAPI document covers every procedure and says what each needs. */
import { expect, it } from 'vitest';
import { openApiDocument, registeredProcedures } from './openapi.ts';

process.env.WEIR_SECRET ??= 'a secret that only tests have, 32+';

it('has an operation, credentials and problem details for every procedure', async () => {
  const document = await openApiDocument();
  expect(document.openapi).toMatch(/^3\.1\./);
  const missing = registeredProcedures().filter(({ path, method, meta }) => {
    const operation = document.paths?.[path]?.[method.toLowerCase()];
    const needsCredentials = meta.audience !== 'public';
    return !operation?.responses?.[400] || needsCredentials !== Boolean((operation.security as unknown[])?.length);
  });
  expect(missing).toEqual([]);
});

it('has no two procedures at one address', () => {
  const addresses = registeredProcedures().map(
    ({ method, path }) => `${method} ${path.replaceAll(/\{[^}]+\}/g, '{}')}`,
  );
  expect(addresses.filter((address, at) => addresses.indexOf(address) !== at)).toEqual([]);
});

it('says what every tag, parameter and field of a body means', async () => {
  type Operation = {
    operationId: string;
    tags: string[];
    parameters?: { name: string; description?: string }[];
    requestBody?: { content?: Record<string, { schema?: { properties?: Record<string, { description?: string }> } }> };
  };
  const { paths = {}, tags } = await openApiDocument();
  const operations = Object.values(paths).flatMap(each => Object.values(each)) as unknown as Operation[];
  const described = new Set((tags as { name: string }[]).map(tag => tag.name));
  expect(operations.flatMap(operation => operation.tags.filter(tag => !described.has(tag)))).toEqual([]);
  const mute = operations.flatMap(({ operationId, parameters = [], requestBody }) => [
    ...parameters.filter(each => !each.description).map(each => `${operationId} ${each.name}`),
    ...Object.values(requestBody?.content ?? {})
      .flatMap(({ schema }) => Object.entries(schema?.properties ?? {}))
      // What proxies send is explained where its schemas are.
      .filter(([, field]) => !field.description && !/^(proxies\.plane|plane)/.test(operationId))
      .map(([name]) => `${operationId} ${name}`),
  ]);
  expect(mute).toEqual([]);
});
