'use client';
/** Sets a password with a one-time link. The secret of the link is in the fragment of the address, which no server sees. */
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useEffect, useState } from 'react';
import { Button, ButtonLink } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { describeFailure } from '#components/ui/failure.ts';
import { Field } from '#components/ui/field.tsx';
import { Input } from '#components/ui/input.tsx';
import { orpc } from '#lib/orpc/browser.ts';

export const passwordCharsMin = 12;

export function SetPasswordForm() {
  const [link, setLink] = useState<string | null | undefined>(undefined);
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const mutation = useMutation({ ...orpc.identity.passwords.setByLink.mutationOptions(), gcTime: 0 });
  useEffect(() => {
    const found = new URLSearchParams(window.location.hash.slice(1)).get('link');
    setLink(found);
    // Out of the address and the history, now that it has been read.
    if (found) window.history.replaceState(null, '', window.location.pathname);
  }, []);
  const isDifferent = again !== '' && again !== password;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (link && password === again) mutation.mutate({ link, password });
  };
  const failure = mutation.error ? describeFailure(mutation.error) : null;
  return (
    <Card className="grid gap-4 p-5">
      <h1 className="text-lg font-semibold">Set your password</h1>
      {link === null ? <p>The link is incomplete. Open it exactly as you were given it.</p> : null}
      {mutation.data ? (
        <>
          <p role="status">The password of {mutation.data.login} is set.</p>
          <ButtonLink href="/signin" variant="primary">
            Sign in
          </ButtonLink>
        </>
      ) : link === null ? null : (
        <form onSubmit={submit} className="grid gap-3">
          <Field
            label="New password"
            hint={`At least ${passwordCharsMin} characters. A few words that belong to nothing are good.`}
            error={failure ? (failure.issues.password ?? failure.message) : undefined}
          >
            {control => (
              <Input
                {...control}
                type="password"
                autoComplete="new-password"
                minLength={passwordCharsMin}
                maxLength={200}
                required
                value={password}
                onChange={event => setPassword(event.target.value)}
              />
            )}
          </Field>
          <Field label="Again" error={isDifferent ? 'The two are different.' : undefined}>
            {control => (
              <Input
                {...control}
                type="password"
                autoComplete="new-password"
                required
                value={again}
                onChange={event => setAgain(event.target.value)}
              />
            )}
          </Field>
          <Button type="submit" variant="primary" pending={mutation.isPending} disabled={!link || password !== again}>
            Set password
          </Button>
        </form>
      )}
    </Card>
  );
}
