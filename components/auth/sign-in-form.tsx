'use client';
/** Signing in with a password, or through the identity provider where one is configured. */
import { useSearchParams } from 'next/navigation';
import { signIn } from 'next-auth/react';
import { type FormEvent, useState } from 'react';
import type { z } from 'zod';
import { safeNextPath } from '#components/shell/navigation.ts';
import { Button } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { Field } from '#components/ui/field.tsx';
import { Input } from '#components/ui/input.tsx';
import type { signInOptionsSchema } from '#lib/identity/schema.ts';

/** By the code in the address, where the provider or the server sent the visitor back. */
const errors: Readonly<Record<string, string>> = {
  CredentialsSignin: 'The e-mail address or the password is wrong.',
  rate_limited: 'Too many attempts. Wait a quarter of an hour, or ask an administrator.',
  unavailable: 'The console cannot reach its database at the moment. Try again shortly.',
  disabled: 'This account is disabled. An administrator can enable it.',
  AccessDenied: 'The identity provider signed you in, but you have no account here.',
};
const noAnswer = 'The console did not answer. Try again shortly.';
const otherError = 'Signing in did not work. Try again.';

/** next-auth hands over a whole address; only its path counts, and only on this site. */
function nextPath(callbackUrl: string | null): string {
  if (!callbackUrl || !URL.canParse(callbackUrl, window.location.origin)) return '/start';
  const url = new URL(callbackUrl, window.location.origin);
  const path = url.origin === window.location.origin ? safeNextPath(`${url.pathname}${url.search}`) : null;
  return path === null || path === '/' || path.startsWith('/signin') ? '/start' : path;
}

export function SignInForm({ options }: { options: z.infer<typeof signInOptionsSchema> }) {
  const params = useSearchParams();
  const [error, setError] = useState<string | null>(params.get('error'));
  const [isPending, setPending] = useState(false);
  const withPassword = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setPending(true);
    const next = nextPath(params.get('callbackUrl'));
    const result = await signIn('password', {
      login: String(form.get('login') ?? ''),
      password: String(form.get('password') ?? ''),
      redirect: false,
      callbackUrl: next,
    }).catch(() => undefined);
    if (result?.ok && !result.error) {
      window.location.assign(next);
      return;
    }
    setPending(false);
    setError(result?.error ?? 'unanswered');
  };
  const withProvider = () => {
    setPending(true);
    void signIn('oidc', { callbackUrl: nextPath(params.get('callbackUrl')) });
  };
  return (
    <Card className="grid gap-4 p-5">
      <h1 className="text-lg font-semibold">Sign in to the console</h1>
      {error ? (
        <p role="alert" className="rounded-md border border-deny-line bg-deny-bg px-3 py-2 text-deny">
          {errors[error] ?? (error === 'unanswered' ? noAnswer : otherError)}
        </p>
      ) : null}
      {options.oidc ? (
        <Button variant="primary" pending={isPending} onClick={withProvider}>
          Continue with {options.oidc.name}
        </Button>
      ) : null}
      {options.oidc && options.password ? (
        <p className="flex items-center gap-3 text-xs text-muted-foreground before:h-px before:flex-1 before:bg-border after:h-px after:flex-1 after:bg-border">
          or
        </p>
      ) : null}
      {options.password ? (
        <form method="post" onSubmit={withPassword} className="grid gap-3">
          <Field label="E-mail address">
            {control => <Input {...control} name="login" type="email" autoComplete="username" required />}
          </Field>
          <Field label="Password">
            {control => (
              <Input
                {...control}
                name="password"
                type="password"
                autoComplete="current-password"
                required
                maxLength={200}
              />
            )}
          </Field>
          <Button type="submit" variant={options.oidc ? 'secondary' : 'primary'} pending={isPending}>
            {isPending ? 'Signing in…' : 'Sign in'}
          </Button>
        </form>
      ) : null}
    </Card>
  );
}
