/** The machine-readable description of the REST API; public. */
import { openApiDocument } from '#lib/orpc/openapi.ts';

export const dynamic = 'force-dynamic';

export async function GET(): Promise<Response> {
  return Response.json(await openApiDocument(), { headers: { 'cache-control': 'public, max-age=300' } });
}
