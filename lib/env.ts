/** What the control plane reads from its environment, checked once. Nothing else in lib reads process.env. */
import 'server-only';
import { z } from 'zod';

const blankAsAbsent = <T extends z.ZodType>(schema: T) =>
  z.preprocess(value => (value === '' ? undefined : value), schema);

const envSchema = z.object({
  /**
   * The one secret of the installation, at least 32 characters; the supervisor generates it into the state directory (0600).
   * Web sessions and the encryption of stored keys are derived from it (HKDF), so losing it means new keys and new sign-ins.
   */
  WEIR_SECRET: z.string().min(32),
  /** Where people open the console. https here makes cookies Secure and `__Host-`. */
  WEIR_CONSOLE_URL: blankAsAbsent(z.url().default('http://127.0.0.1:3000')),
  /** Networks (CIDR, comma separated) of reverse proxies whose X-Forwarded-For is believed. */
  WEIR_TRUSTED_PROXIES: blankAsAbsent(z.string().default('')),
  WEIR_LOG_LEVEL: blankAsAbsent(z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info')),
  WEIR_OIDC_ISSUER: blankAsAbsent(z.url().optional()),
  WEIR_OIDC_CLIENT_ID: blankAsAbsent(z.string().optional()),
  WEIR_OIDC_CLIENT_SECRET: blankAsAbsent(z.string().optional()),
  /** What the sign-in button says. */
  WEIR_OIDC_NAME: blankAsAbsent(z.string().max(60).default('Single sign-on')),
  WEIR_OIDC_SCOPE: blankAsAbsent(z.string().default('openid email profile')),
  /** `assume` where the provider verifies e-mail addresses but sends no `email_verified`; else such people cannot sign in. */
  WEIR_OIDC_EMAIL_VERIFIED: blankAsAbsent(z.enum(['claim', 'assume']).default('claim')),
  WEIR_OIDC_GROUPS_CLAIM: blankAsAbsent(z.string().default('groups')),
  /** `group=role` pairs, comma separated: roles that come with groups of the identity provider. */
  WEIR_OIDC_ROLES: blankAsAbsent(z.string().default('')),
});
export type Env = z.infer<typeof envSchema>;

let cached: Env | undefined;

export function env(): Env {
  cached ??= envSchema.parse(process.env);
  return cached;
}

/** True when people reach the console over TLS. */
export const isSecureOrigin = (): boolean => env().WEIR_CONSOLE_URL.startsWith('https:');

/** For tests that change the environment. */
export function forgetEnv(): void {
  cached = undefined;
}
