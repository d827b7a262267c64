/** Whether the web server and its database answer. Says nothing about either to strangers. */
import 'server-only';
import { database } from '#db/client.ts';

export async function handleHealth(): Promise<Response> {
  const headers = { 'cache-control': 'no-store' };
  try {
    await database().sql`select 1`;
    return Response.json({ status: 'ok' }, { headers });
  } catch {
    return Response.json({ status: 'unavailable' }, { status: 503, headers });
  }
}
