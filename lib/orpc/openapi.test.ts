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
