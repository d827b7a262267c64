/** For tests: something between the proxy and a server that keeps connections waiting, or counts them. */
import net from 'node:net';

export type Relay = {
  /** The server's, with the relay's port. */
  url: string;
  /** Connections that have begun, by what they began with. */
  readonly begun: { cancels: number; sessions: number };
  /** Of them, those that are open. */
  readonly openCount: number;
  /** Keeps what comes first on new connections of a kind until `letGo`. */
  hold(kind: 'cancels' | 'sessions'): void;
  letGo(): void;
  close(): void;
};

const isCancel = (first: Buffer): boolean => first.length >= 8 && first.readInt32BE(4) === 80877102;

export async function startRelay(url: string): Promise<Relay> {
  const target = new URL(url);
  const { hostname, port } = target;
  const sockets = new Set<net.Socket>();
  const begun = { cancels: 0, sessions: 0 };
  const held = new Set<'cancels' | 'sessions'>();
  const waiting: (() => void)[] = [];
  const relay = net.createServer({ allowHalfOpen: true }, client => {
    const server = net.connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    client.once('data', first => {
      client.pause();
      const kind = isCancel(first) ? 'cancels' : 'sessions';
      begun[kind] += 1;
      const go = () => {
        server.write(first);
        client.pipe(server);
        server.pipe(client);
      };
      if (held.has(kind)) waiting.push(go);
      else go();
    });
  });
  await new Promise<void>(resolve => relay.listen(0, '127.0.0.1', resolve));
  target.port = String((relay.address() as net.AddressInfo).port);
  target.hostname = '127.0.0.1';
  return {
    url: target.toString(),
    begun,
    get openCount() {
      return Math.ceil(sockets.size / 2);
    },
    hold: kind => void held.add(kind),
    letGo: () => {
      held.clear();
      for (const go of waiting.splice(0)) go();
    },
    close: () => {
      relay.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
