/** Whether the web server and its database answer. Says nothing about either to strangers. */
import 'server-only';
import { database } from '#db/client.ts';
import { answeredInTime } from '#lib/orpc/outage.ts';

export async function handleHealth(): Promise<Response> {
  const headers = { 'cache-control': 'no-store' };
  try {
    await answeredInTime(database().sql`select 1`.execute());
    return Response.json({ status: 'ok' }, { headers });
  } catch {
    return Response.json({ status: 'unavailable' }, { status: 503, headers });
  }
}
