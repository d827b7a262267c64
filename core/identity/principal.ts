/** Who is acting: a person, an AI agent or a service account, and for whom. */
import { z } from 'zod';
import { roles } from './role.ts';

export const identityKinds = ['user', 'agent', 'service'] as const;
export type IdentityKind = (typeof identityKinds)[number];

/** What a proxy knows of one identity; taken from the bundle, so that a change of group or role acts on open sessions. */
export const principalSchema = z.object({
  id: z.uuid(),
  kind: z.enum(identityKinds),
  /** What the client sends as PostgreSQL user: an e-mail address for people, a name for agents and service accounts. */
  login: z.string().min(1).max(320),
  displayName: z.string().max(200),
  groups: z.array(z.string().max(100)).max(500),
  roles: z.array(z.enum(roles)),
  /** Agents and service accounts answer to a person. */
  ownerId: z.uuid().nullable(),
  enabled: z.boolean(),
});
export type Principal = z.infer<typeof principalSchema>;

/** Claims of the token a client sends as its password (RFC 7519; EdDSA, RFC 8037). Verified offline by the proxy. */
export const tokenClaimsSchema = z.object({
  iss: z.literal('weir'),
  aud: z.literal('weir-proxy'),
  sub: z.uuid(),
  login: z.string().min(1).max(320),
  jti: z.uuid(),
  iat: z.number().int(),
  exp: z.number().int(),
  /** The person an agent or service account acts for. */
  on_behalf_of: z.uuid().optional(),
  /** Names of the connections this token may open; absent means all that policy allows. */
  connections: z.array(z.string().max(100)).max(100).optional(),
});
export type TokenClaims = z.infer<typeof tokenClaimsSchema>;
