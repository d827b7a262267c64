/** What the tests use of a package that has no types of its own. */
declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http';

  type Account = { accountId: string; claims(): Record<string, unknown> };
  type Configuration = {
    clients: readonly { client_id: string; client_secret: string; redirect_uris: readonly string[] }[];
    claims: Readonly<Record<string, readonly string[]>>;
    conformIdTokenClaims: boolean;
    findAccount(context: unknown, subject: string): Account;
    cookies: { keys: readonly string[] };
  };

  export default class Provider {
    constructor(issuer: string, configuration: Configuration);
    callback(): RequestListener;
  }
}
