/** The sign-in page, with the ways of signing in that this installation has. */
import { redirect } from 'next/navigation';
import { SignInForm } from '#components/auth/sign-in-form.tsx';
import { api, currentCaller } from '#lib/orpc/server.ts';

export const metadata = { title: 'Sign in' };

export default async function SignInPage() {
  if ((await currentCaller()).type === 'identity') redirect('/start');
  const options = await (await api()).identity.signInOptions();
  return <SignInForm options={options} />;
}
