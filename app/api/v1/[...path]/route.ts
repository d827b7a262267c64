/** The REST API. */
import { handleRest } from '#lib/orpc/handle.ts';

export const dynamic = 'force-dynamic';

const handle = (request: Request) => handleRest(request);

export { handle as DELETE, handle as GET, handle as PATCH, handle as POST, handle as PUT };
