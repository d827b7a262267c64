/** A control plane for tests, as small as the data plane's side of the API allows. What it answers can be changed while it runs. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import type { StreamMessage } from '#core/contract/proxy.ts';
import { verifyProxyToken } from '#core/identity/token.ts';
import type { Jwk, SignedBundle } from '#core/policy/bundle.ts';
import { EventStore } from '../record/spool-testing.ts';
import type { Installation } from './bundle-testing.ts';

export const testProxyId = 'f0000000-0000-4000-8000-000000000001';
export const testEnrolToken = 'one-time-enrolment-token';

type Answer = { status: number; body?: unknown; headers?: Record<string, string> };
type Asked = { method: string; path: string; headers: IncomingMessage['headers']; body: unknown };

export class TestControl {
  readonly asked: Asked[] = [];
  readonly events = new EventStore();
  /** Overrides by `METHOD /path`; taken once unless it returns null. */
  readonly overrides = new Map<string, (asked: Asked) => Answer | null>();
  readonly requests = new Map<string, string>();
  readonly catalogs = new Map<string, unknown>();
  proxyKey: Jwk | null = null;
  bundle: { signed: SignedBundle; version: number } | null = null;
  claim: string | null = null;
  isRevoked = false;
  url = '';
  private server: Server | null = null;
  private readonly streams = new Set<ServerResponse>();
  private readonly messages: StreamMessage[] = [];
  private readonly usedTokens = new Set<string>();

  constructor(private readonly installation: Installation) {}

  async start(port = 0): Promise<this> {
    const server = createServer((request, response) => void this.handle(request, response));
    await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve));
    this.server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return this;
  }

  /** Also drops every open connection. */
  async stop(): Promise<void> {
    const { server } = this;
    this.server = null;
    if (!server) return;
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  }

  async publish(bundle = this.installation.bundle()): Promise<void> {
    this.bundle = { signed: await this.installation.sign(bundle), version: bundle.version };
    this.send({ type: 'bundle', version: bundle.version });
  }

  send(message: StreamMessage): void {
    this.messages.push(message);
    for (const stream of this.streams) stream.write(sse(this.messages.length, message));
  }

  get streamCount(): number {
    return this.streams.size;
  }

  dropStreams(): void {
    for (const stream of this.streams) stream.destroy();
  }

  count(method: string, path: string | RegExp): number {
    return this.asked.filter(each => each.method === method && each.path.match(path)).length;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = await this.read(request);
    this.asked.push(asked);
    const override = this.overrides.get(`${asked.method} ${asked.path}`)?.(asked);
    if (override) return reply(response, override);
    if (asked.path === '/proxies/enrol')
      return reply(response, this.enrol(asked.body as { token: string; publicKey: Jwk }));
    if (!(await this.isGenuine(asked))) return reply(response, problem(401, 'unauthenticated'));
    if (this.isRevoked) return reply(response, problem(401, 'token_revoked'));
    if (asked.path === '/proxies/self/stream') return this.stream(request, response);
    reply(response, this.answer(asked));
  }

  private async read(request: IncomingMessage): Promise<Asked> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks);
    const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString();
    const isJson = request.headers['content-type'] === 'application/json';
    const url = new URL(request.url ?? '/', 'http://test');
    return {
      method: request.method ?? '',
      path: url.pathname.replace('/api/v1', ''),
      headers: request.headers,
      body: isJson ? JSON.parse(text) : text,
    };
  }

  private async isGenuine({ headers }: Asked): Promise<boolean> {
    const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
    if (!this.proxyKey || this.usedTokens.has(token)) return false;
    this.usedTokens.add(token);
    return (await verifyProxyToken(token, { id: testProxyId, key: this.proxyKey }, Date.now())).ok;
  }

  private enrol(body: { token: string; publicKey: Jwk }): Answer {
    if (body.token !== testEnrolToken || this.proxyKey) return problem(401, 'unauthenticated');
    this.proxyKey = body.publicKey;
    return { status: 200, body: { proxyId: testProxyId, bundleKeys: this.installation.bundleKeys } };
  }

  private answer({ method, path, headers, body }: Asked): Answer {
    if (path === '/proxies/self/bundle') {
      if (!this.bundle) return problem(503, 'unavailable');
      const etag = `"${this.bundle.version}"`;
      return headers['if-none-match'] === etag
        ? { status: 304 }
        : { status: 200, body: this.bundle.signed, headers: { etag } };
    }
    if (path === '/proxies/self/events') {
      return { status: 200, body: { acknowledged: this.events.ingest(body as string) } };
    }
    if (path === '/proxies/self/heartbeat') {
      return { status: 200, body: { now: Date.now(), bundleVersion: this.bundle?.version ?? 0 } };
    }
    if (path === '/proxies/self/approvals/claim') {
      const requestId = this.claim;
      this.claim = null;
      return { status: 200, body: { requestId } };
    }
    if (method === 'POST' && path === '/proxies/self/requests') {
      const { id } = body as { id: string };
      if (!this.requests.has(id)) this.requests.set(id, 'pending');
      return { status: 200, body: { id, url: `${this.url}/approvals/${id}`, state: this.requests.get(id) } };
    }
    if (method === 'PUT' && path.startsWith('/proxies/self/catalogs/')) {
      this.catalogs.set(path.split('/').at(-1) ?? '', body);
      return { status: 200, body: {} };
    }
    return { status: 200, body: { id: '', state: '' } };
  }

  private stream(request: IncomingMessage, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache, no-transform' });
    response.write(': hello\n\n');
    const from = Number(request.headers['last-event-id'] ?? this.messages.length);
    for (const [index, message] of this.messages.entries()) if (index >= from) response.write(sse(index + 1, message));
    this.streams.add(response);
    response.on('close', () => this.streams.delete(response));
  }
}

const sse = (id: number, message: StreamMessage) => `event: message\nid: ${id}\ndata: ${JSON.stringify(message)}\n\n`;

export const problem = (status: number, code: string): Answer => ({
  status,
  body: { type: `urn:weir:problem:${code}`, title: code, status, detail: `refused: ${code}`, code },
});

function reply(response: ServerResponse, { status, body, headers }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}
