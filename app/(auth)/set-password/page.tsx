/** Where a password link leads. */
import { SetPasswordForm } from '#components/auth/set-password-form.tsx';

export const metadata = { title: 'Set your password' };

export default function SetPasswordPage() {
  return <SetPasswordForm />;
}
