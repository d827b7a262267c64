/** Procedures of the identity context. */
import 'server-only';
import { apiTokensRouter } from './api-tokens.ts';
import { deviceRouter } from './device.ts';
import { groupsRouter } from './groups.ts';
import { identityReads } from './identities.ts';
import { identityChanges } from './identity-change.ts';
import { meRouter, signInOptions } from './me.ts';
import { passwordRouter } from './password-link.ts';
import { tokensRouter } from './tokens.ts';
import { webSessionsRouter } from './web-sessions.ts';

export const identityRouter = {
  me: meRouter,
  signInOptions,
  identities: { ...identityReads, ...identityChanges },
  passwords: passwordRouter,
  groups: groupsRouter,
  tokens: tokensRouter,
  apiTokens: apiTokensRouter,
  device: deviceRouter,
  webSessions: webSessionsRouter,
};
