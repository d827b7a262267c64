/** Where `weir login` sends people to approve it. */
import { headers } from 'next/headers';
import { redirect } from 'next/navigation';
import { DeviceForm } from '#components/auth/device-form.tsx';
import { safeNextPath } from '#components/shell/navigation.ts';
import { currentCaller } from '#lib/orpc/server.ts';

export const metadata = { title: 'Sign in the command line' };

export default async function DevicePage() {
  const caller = await currentCaller();
  if (caller.type !== 'identity') {
    const path = safeNextPath((await headers()).get('x-weir-path')) ?? '/device';
    redirect(`/signin?callbackUrl=${encodeURIComponent(path)}`);
  }
  return <DeviceForm login={caller.login} />;
}
