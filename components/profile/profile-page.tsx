'use client';
/** Oneself: what one may do, how the console looks, where one is signed in, and one's tokens. */
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { passwordCharsMin } from '#components/auth/set-password-form.tsx';
import { TokenTable } from '#components/identities/token-table.tsx';
import { useCaller } from '#components/shell/caller.tsx';
import { densityChoices, themeChoices, zoneChoices } from '#components/shell/display-menu.tsx';
import { preferencesSchema } from '#components/shell/preferences.ts';
import { usePreferences } from '#components/shell/preferences-provider.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card, CardBody, CardHeader } from '#components/ui/card.tsx';
import { CheckboxField } from '#components/ui/checkbox.tsx';
import { DefinitionList } from '#components/ui/definition-list.tsx';
import { describeFailure } from '#components/ui/failure.ts';
import { Field } from '#components/ui/field.tsx';
import { Input, Select } from '#components/ui/input.tsx';
import { PageBody, PageHeader } from '#components/ui/page-header.tsx';
import { toast } from '#components/ui/toast.tsx';
import { orpc } from '#lib/orpc/browser.ts';
import { ApiTokens } from './api-tokens.tsx';
import { OwnAgents } from './own-agents.tsx';
import { WebSessions } from './web-sessions.tsx';

const displayFields = [
  { name: 'theme', label: 'Theme', choices: themeChoices },
  { name: 'density', label: 'Density', choices: densityChoices },
  { name: 'zone', label: 'Times in', choices: zoneChoices },
] as const;

function Display() {
  const { preferences, setPreferences } = usePreferences();
  return (
    <Card>
      <CardHeader title="Display" hint="in this browser" />
      <CardBody className="grid gap-3">
        <div className="grid gap-3 sm:grid-cols-3">
          {displayFields.map(({ name, label, choices }) => (
            <Field key={name} label={label}>
              {control => (
                <Select
                  {...control}
                  value={preferences[name]}
                  onChange={event =>
                    setPreferences({ [name]: preferencesSchema.shape[name].parse(event.target.value) })
                  }
                >
                  {choices.map(choice => (
                    <option key={choice.value} value={choice.value}>
                      {choice.label}
                    </option>
                  ))}
                </Select>
              )}
            </Field>
          ))}
        </div>
        <CheckboxField
          label="Single-key shortcuts"
          hint="Never while typing. Press ? to see what works on a page."
          checked={preferences.areSingleKeysOn}
          onCheckedChange={checked => setPreferences({ areSingleKeysOn: checked === true })}
        />
      </CardBody>
    </Card>
  );
}

function ChangePassword() {
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const mutation = useMutation({
    ...orpc.identity.passwords.change.mutationOptions(),
    gcTime: 0,
    onSuccess: () => {
      setCurrent('');
      setPassword('');
      toast({ tone: 'success', title: 'Password changed', detail: 'You are signed out everywhere else.' });
    },
  });
  const failure = mutation.error ? describeFailure(mutation.error) : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    mutation.mutate({ current, password });
  };
  return (
    <Card>
      <CardHeader title="Password" hint="for the console" />
      <CardBody>
        <form onSubmit={submit} className="grid gap-3">
          <Field label="Current password" error={failure?.issues.current}>
            {control => (
              <Input
                {...control}
                type="password"
                autoComplete="current-password"
                required
                maxLength={200}
                value={current}
                onChange={event => setCurrent(event.target.value)}
              />
            )}
          </Field>
          <Field
            label="New password"
            hint={`At least ${passwordCharsMin} characters.`}
            error={failure && !failure.issues.current ? (failure.issues.password ?? failure.message) : undefined}
          >
            {control => (
              <Input
                {...control}
                type="password"
                autoComplete="new-password"
                required
                minLength={passwordCharsMin}
                maxLength={200}
                value={password}
                onChange={event => setPassword(event.target.value)}
              />
            )}
          </Field>
          <Button type="submit" pending={mutation.isPending} className="justify-self-end">
            Change password
          </Button>
        </form>
      </CardBody>
    </Card>
  );
}

export function ProfilePage() {
  const caller = useCaller();
  return (
    <PageBody>
      <PageHeader title={caller.displayName} sentence={caller.login} />
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-2">
        <Card>
          <CardHeader title="What you may do" />
          <CardBody>
            <DefinitionList
              items={[
                ['Roles', caller.roles.join(', ') || 'none'],
                ['Groups', caller.groups.join(', ') || 'none'],
                [
                  'Permissions',
                  <span key="permissions" className="font-mono text-xs">
                    {[...caller.permissions].join(' ')}
                  </span>,
                ],
              ]}
            />
          </CardBody>
        </Card>
        <Display />
      </div>
      <OwnAgents />
      <WebSessions />
      <section className="grid grid-cols-[minmax(0,1fr)] gap-2" aria-label="Tokens for proxies">
        <h2 className="text-base font-semibold">Tokens for proxies, yours and your agents’</h2>
        <TokenTable />
      </section>
      <ApiTokens />
      <div className="max-w-md">
        <ChangePassword />
      </div>
    </PageBody>
  );
}
