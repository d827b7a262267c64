/** After signing in: on to where this person's work is. */
import { redirect } from 'next/navigation';
import { landingPage } from '#components/shell/navigation.ts';
import { currentCaller } from '#lib/orpc/server.ts';

export async function GET(): Promise<never> {
  const caller = await currentCaller();
  redirect(caller.type === 'identity' ? landingPage(caller.roles) : '/signin');
}
