/** Profile: open to everybody who is signed in. */
import { ProfilePage } from '#components/profile/profile-page.tsx';

export const metadata = { title: 'Profile' };

export default function Page() {
  return <ProfilePage />;
}
