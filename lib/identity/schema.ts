/** Inputs and outputs of identities, groups, tokens, device sign-in and web sessions. Pure zod, so that the browser may import it. */
import { z } from 'zod';
import { identityKinds } from '#core/identity/principal.ts';
import { permissions, roles } from '#core/identity/role.ts';
import { identityRefSchema, listInput, listOutput, timeSchema, writtenText } from '#lib/orpc/list.ts';

const connectionName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'a connection name is lower case letters, digits and hyphens');
const groupName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,99}$/, 'a group name is lower case letters, digits, dots, hyphens');
const connections = z.array(connectionName).min(1).max(100);
const version = z.number().int().positive();

// Me

export const meSchema = z.object({
  id: z.uuid(),
  kind: z.enum(identityKinds),
  login: z.string(),
  displayName: z.string(),
  roles: z.array(z.enum(roles)),
  groups: z.array(z.string()),
  permissions: z.array(z.enum(permissions)),
  /** The web session this was asked with, if any. */
  sessionId: z.uuid().nullable(),
});
export type Me = z.infer<typeof meSchema>;

/** The caller's own agents and service accounts. */
export const meOwnsSchema = z.object({ items: z.array(identityRefSchema.extend({ enabled: z.boolean() })) });

export const mePermissionsSchema = z.object({ permissions: z.array(z.enum(permissions)) });

// Identities

export const passwordSchema = z.string().min(12, 'a password has at least 12 characters').max(200);
/** Stored in lower case. */
export const loginSchema = z
  .string()
  .trim()
  .toLowerCase()
  .min(1)
  .max(320)
  .regex(/^[a-z0-9][a-z0-9._%+@-]*$/, 'a login is an e-mail address, or a name of letters, digits and . _ - +');

export const identityViewSchema = identityRefSchema.extend({
  roles: z.array(z.enum(roles)),
  groups: z.array(z.string()),
  owner: identityRefSchema.nullable(),
  enabled: z.boolean(),
  purpose: z.string(),
  /** How they can sign in to the console. */
  signIn: z.array(z.enum(['password', 'oidc'])),
  lastSeenAt: timeSchema.nullable(),
  createdAt: timeSchema,
  updatedAt: timeSchema,
  /** Send back as `expectedVersion` when editing. */
  version,
});
export type IdentityView = z.infer<typeof identityViewSchema>;

export const identityListInputSchema = z.object({
  ...listInput,
  kind: z.enum(identityKinds).optional(),
  role: z.enum(roles).optional(),
  group: groupName.optional(),
  owner: z.uuid().optional(),
  enabled: z.boolean().optional(),
});
export const identityListOutputSchema = listOutput(identityViewSchema);

export const identityGetInputSchema = z.object({ id: z.uuid() });
export const identityDetailSchema = identityViewSchema.extend({
  /** Agents and service accounts that answer to this person. */
  owns: z.array(identityRefSchema),
  activeTokens: z.number().int(),
  openSessions: z.number().int(),
});
export type IdentityDetail = z.infer<typeof identityDetailSchema>;

export const identityCreateInputSchema = z
  .object({
    kind: z.enum(identityKinds),
    login: loginSchema,
    displayName: writtenText(200).min(1),
    roles: z.array(z.enum(roles)).max(roles.length).default([]),
    groups: z.array(groupName).max(500).default([]),
    /** Required for agents and service accounts; must be an enabled person. */
    ownerId: z.uuid().optional(),
    purpose: writtenText(500).default(''),
    /** For people: given, or absent to get a link with which they set their own. */
    password: passwordSchema.optional(),
  })
  .strict()
  .superRefine((value, ctx) => {
    if (value.kind === 'user') {
      if (value.ownerId) ctx.addIssue({ code: 'custom', path: ['ownerId'], message: 'people have no owner' });
      if (!value.login.includes('@'))
        ctx.addIssue({ code: 'custom', path: ['login'], message: 'people sign in with an e-mail address' });
      return;
    }
    if (!value.ownerId)
      ctx.addIssue({ code: 'custom', path: ['ownerId'], message: 'an agent or service has an owner' });
    if (value.password)
      ctx.addIssue({ code: 'custom', path: ['password'], message: 'agents and services have tokens, not passwords' });
  });
export const identityCreateOutputSchema = z.object({
  identity: identityViewSchema,
  /** Shown once: where the person sets a password; the secret is in the fragment, which no server sees. Null when one was given, and for agents and services. */
  passwordLink: z.object({ url: z.url(), expiresAt: timeSchema }).nullable(),
});

export const identityUpdateInputSchema = z
  .object({
    id: z.uuid(),
    displayName: writtenText(200).min(1).optional(),
    roles: z.array(z.enum(roles)).max(roles.length).optional(),
    groups: z.array(groupName).max(500).optional(),
    enabled: z.boolean().optional(),
    ownerId: z.uuid().optional(),
    purpose: writtenText(500).optional(),
    expectedVersion: version.optional(),
  })
  .strict();

export const passwordLinkInputSchema = z.object({ id: z.uuid() }).strict();
export const passwordLinkOutputSchema = z.object({ url: z.url(), expiresAt: timeSchema });
/** Public: what the page behind the link sends. */
export const setPasswordInputSchema = z
  .object({ link: z.string().min(20).max(100), password: passwordSchema })
  .strict();
export const setPasswordOutputSchema = z.object({ login: z.string() });
export const changePasswordInputSchema = z
  .object({ current: z.string().min(1).max(200), password: passwordSchema })
  .strict();

// Groups

export const groupViewSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  description: z.string(),
  /** `oidc` groups follow the identity provider and are not edited here. */
  source: z.enum(['local', 'oidc']),
  members: z.number().int(),
  createdAt: timeSchema,
  version,
});
export type GroupView = z.infer<typeof groupViewSchema>;
export const groupGetInputSchema = z.object({ id: z.uuid() });
export const groupListInputSchema = z.object(listInput);
export const groupListOutputSchema = listOutput(groupViewSchema);
export const groupCreateInputSchema = z
  .object({
    name: groupName,
    description: writtenText(500).default(''),
    members: z.array(z.uuid()).max(5000).default([]),
  })
  .strict();
export const groupUpdateInputSchema = z
  .object({
    id: z.uuid(),
    description: writtenText(500).optional(),
    add: z.array(z.uuid()).max(5000).optional(),
    remove: z.array(z.uuid()).max(5000).optional(),
    expectedVersion: version.optional(),
  })
  .strict();
export const groupDeleteInputSchema = z.object({ id: z.uuid() });
export const doneSchema = z.object({ done: z.literal(true) });

// Tokens for signing in to a proxy

export const tokenLifetimeMinutesMax = 480;
export const tokenLifetimeMinutesDefault = 60;

export const tokenIssueInputSchema = z
  .object({
    /** Narrows the token to these; absent: all that policy allows. */
    connections: connections.optional(),
    ttlMinutes: z.number().int().min(1).max(tokenLifetimeMinutesMax).default(tokenLifetimeMinutesDefault),
    /** One of the caller's own agents or service accounts; absent: the caller. */
    identityId: z.uuid().optional(),
    /** The person an agent or service account acts for. */
    onBehalfOf: z.uuid().optional(),
  })
  .strict();
export const tokenIssueOutputSchema = z.object({
  /** Shown once. */
  token: z.string(),
  jti: z.uuid(),
  login: z.string(),
  expiresAt: timeSchema,
});

export const tokenStates = ['active', 'expired', 'revoked'] as const;
export const tokenViewSchema = z.object({
  jti: z.uuid(),
  identity: identityRefSchema,
  issuedBy: identityRefSchema.nullable(),
  onBehalfOf: identityRefSchema.nullable(),
  connections: z.array(z.string()).nullable(),
  channel: z.enum(['console', 'device', 'api']),
  issuedAt: timeSchema,
  expiresAt: timeSchema,
  revokedAt: timeSchema.nullable(),
  state: z.enum(tokenStates),
});
export type TokenView = z.infer<typeof tokenViewSchema>;
export const tokenListInputSchema = z.object({
  ...listInput,
  state: z.enum(tokenStates).optional(),
  identityId: z.uuid().optional(),
  /** Everybody's, for those who may revoke them; otherwise one's own and one's agents'. */
  all: z.boolean().optional(),
});
export const tokenListOutputSchema = listOutput(tokenViewSchema);
export const tokenRevokeInputSchema = z.object({ id: z.uuid(), reason: writtenText(500).default('') }).strict();

// API tokens

export const apiTokenCreateInputSchema = z
  .object({
    name: writtenText(100).min(1),
    permissions: z.array(z.enum(permissions)).min(1).max(permissions.length),
    /** One of the caller's own agents or service accounts; absent: the caller. */
    identityId: z.uuid().optional(),
    expiresInDays: z.number().int().min(1).max(365).default(90),
  })
  .strict();
export const apiTokenViewSchema = z.object({
  id: z.uuid(),
  identity: identityRefSchema,
  name: z.string(),
  prefix: z.string(),
  permissions: z.array(z.enum(permissions)),
  createdAt: timeSchema,
  expiresAt: timeSchema,
  lastUsedAt: timeSchema.nullable(),
  lastUsedAddress: z.string().nullable(),
  revokedAt: timeSchema.nullable(),
  state: z.enum(tokenStates),
});
export type ApiTokenView = z.infer<typeof apiTokenViewSchema>;
export const apiTokenCreateOutputSchema = z.object({
  /** Shown once. */
  token: z.string(),
  apiToken: apiTokenViewSchema,
});
export const apiTokenListInputSchema = z.object({ ...listInput, all: z.boolean().optional() });
export const apiTokenListOutputSchema = listOutput(apiTokenViewSchema);
export const apiTokenRevokeInputSchema = z.object({ id: z.uuid() });

// Device sign-in (RFC 8628)

export const userCodeSchema = z
  .string()
  .trim()
  .toUpperCase()
  .transform(code => code.replaceAll(/[^A-Z0-9]/g, ''))
  .pipe(z.string().length(8, 'a code has eight characters'))
  .transform(code => `${code.slice(0, 4)}-${code.slice(4)}`);

export const deviceStartInputSchema = z.object({ clientName: writtenText(100).min(1).default('weir') }).strict();
export const deviceStartOutputSchema = z.object({
  deviceCode: z.string(),
  userCode: z.string(),
  verificationUri: z.url(),
  /** With the code filled in. */
  verificationUriComplete: z.url(),
  /** Seconds. */
  expiresIn: z.number().int(),
  /** Seconds between polls. */
  interval: z.number().int(),
});
export const deviceGetInputSchema = z.object({ userCode: userCodeSchema });
export const deviceViewSchema = z.object({
  userCode: z.string(),
  clientName: z.string(),
  address: z.string().nullable(),
  /** False where it asks from another address than whoever looks: somebody may have been sent the code of a stranger. */
  isFromHere: z.boolean(),
  status: z.enum(['pending', 'approved', 'denied', 'consumed', 'expired']),
  createdAt: timeSchema,
  expiresAt: timeSchema,
});
export const deviceApproveInputSchema = z.object({
  userCode: userCodeSchema,
  connections: connections.optional(),
  ttlMinutes: z.number().int().min(1).max(tokenLifetimeMinutesMax).default(tokenLifetimeMinutesDefault),
});
export const deviceDenyInputSchema = z.object({ userCode: userCodeSchema });
export const devicePollInputSchema = z.object({ deviceCode: z.string().min(20).max(100) }).strict();
/** RFC 8628 §3.5: what is not a token is one of its error codes. */
export const devicePollOutputSchema = z.union([
  z.object({ error: z.enum(['authorization_pending', 'slow_down', 'expired_token', 'access_denied']) }),
  z.object({ token: z.string(), jti: z.uuid(), login: z.string(), expiresAt: timeSchema }),
]);

// Web sessions

export const webSessionViewSchema = z.object({
  id: z.uuid(),
  identity: identityRefSchema,
  method: z.enum(['password', 'oidc']),
  address: z.string().nullable(),
  userAgent: z.string().nullable(),
  createdAt: timeSchema,
  lastSeenAt: timeSchema,
  expiresAt: timeSchema,
  /** The one this request came with. */
  isCurrent: z.boolean(),
});
export type WebSessionView = z.infer<typeof webSessionViewSchema>;
/** Open sessions: one's own, or with `identity:write` anyone's. */
export const webSessionListInputSchema = z.object({
  ...listInput,
  identityId: z.uuid().optional(),
  all: z.boolean().optional(),
});
export const webSessionListOutputSchema = listOutput(webSessionViewSchema);
export const webSessionRevokeInputSchema = z.object({ id: z.uuid() });

// Public: what the sign-in page shows

export const signInOptionsSchema = z.object({
  password: z.boolean(),
  oidc: z.object({ name: z.string() }).nullable(),
});
