/** Puts the data plane together: parser threads, gate, listener. Everything it rests on is given to it. */
import type tls from 'node:tls';
import type { ProxyConfig } from '../config.ts';
import { computeImpact } from '../control/impact.ts';
import { Analyst } from '../enforce/analyst.ts';
import { Gate } from '../enforce/gate.ts';
import { ParserPool } from '../enforce/parser-pool.ts';
import { SessionGate } from '../enforce/session-gate.ts';
import type { Authenticate, Clock, ConnectionViews, HoldDesk, Recorder } from '../ports.ts';
import { RecordingError } from '../ports.ts';
import { Listener } from './listener.ts';

export type ServeOptions = {
  config: Pick<ProxyConfig, 'listen' | 'limits' | 'connections'>;
  /** Null: clients may come from loopback only. */
  tls: tls.SecureContextOptions | null;
  authenticate: Authenticate;
  views: ConnectionViews;
  recorder: Recorder;
  clock: Clock;
  desk: HoldDesk;
  log(event: string, details: Record<string, unknown>): void;
};

export type Serving = {
  listener: Listener;
  parser: ParserPool;
  port: number;
  /** Takes no more clients, waits `drainMs` for statements under way, ends the rest. */
  close(drainMs: number): Promise<void>;
};

/** Records that no statement waited for are written at least so often. */
const commitIntervalMs = 100;

export async function serve(options: ServeOptions): Promise<Serving> {
  const { config, recorder, clock, desk, views, log } = options;
  const parser = await ParserPool.start();
  const analyst = new Analyst(parser);
  const gate = new Gate({ views, recorder, clock, analyse: analyst.analyse, retire: analyst.retire });
  const listener = new Listener({
    host: config.listen.host,
    port: config.listen.port,
    tls: options.tls,
    limits: config.limits,
    authenticate: options.authenticate,
    targets: config.connections,
    services: {
      recorder,
      clock,
      desk,
      openGate: session => new SessionGate(gate, session),
      impact: (question, target) =>
        computeImpact({
          ...question,
          target,
          timeoutMs: config.limits.impactTimeoutMs,
          nowMs: () => clock.nowMs(),
        }),
      crashed: error =>
        log('session crashed', { error: error instanceof Error ? (error.stack ?? error.message) : error }),
    },
    log,
  });
  const port = await listener.listen();
  const timer = setInterval(() => commit(recorder, log), commitIntervalMs);
  return {
    listener,
    parser,
    port,
    close: async drainMs => {
      await listener.close(drainMs);
      clearInterval(timer);
      commit(recorder, log);
      await parser.close();
    },
  };
}

function commit(recorder: Recorder, log: ServeOptions['log']): void {
  try {
    if (recorder.healthy) recorder.commit();
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    log('recording failed', { message: error.message });
  }
}
