/** next-auth's own endpoints: a foreign contract, therefore not procedures. */
import { handleAuth } from '#lib/auth/handler.ts';

export const dynamic = 'force-dynamic';

export { handleAuth as GET, handleAuth as POST };
