/** An OpenID Connect provider on this machine, with its own development forms: any name signs in, as name@example.com. */
import http from 'node:http';
import Provider from 'oidc-provider';

export type IdentityProvider = { env: Record<string, string>; stop(): Promise<void> };

export async function startIdentityProvider(consoleUrl: string, port: number): Promise<IdentityProvider> {
  const issuer = `http://127.0.0.1:${port}`;
  const client = { client_id: 'weir', client_secret: 'known to this test alone' };
  const provider = new Provider(issuer, {
    clients: [{ ...client, redirect_uris: [`${consoleUrl}/api/auth/callback/oidc`] }],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    // The claims stand in the identity token, where next-auth reads them.
    conformIdTokenClaims: false,
    findAccount: (_, sub: string) => ({
      accountId: sub,
      claims: () => ({ sub, email: `${sub}@example.com`, email_verified: true, name: `Of ${sub}` }),
    }),
    cookies: { keys: ['known to this test alone'] },
  });
  const server = http.createServer(provider.callback());
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve));
  return {
    env: {
      WEIR_OIDC_ISSUER: issuer,
      WEIR_OIDC_CLIENT_ID: client.client_id,
      WEIR_OIDC_CLIENT_SECRET: client.client_secret,
      WEIR_OIDC_NAME: 'Example Login',
    },
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
