/** The browser's own way to the procedures. */
import { handleRpc } from '#lib/orpc/handle.ts';

export const dynamic = 'force-dynamic';

const handle = (request: Request) => handleRpc(request);

export { handle as GET, handle as POST };
