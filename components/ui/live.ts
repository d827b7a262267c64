'use client';
/**
 * Live streams from the server: one connection per stream and tab however many components listen, closed while the tab is hidden
 * (browsers allow six connections to a server over HTTP/1.1), opened again with growing pauses.
 */
import { useEffect, useEffectEvent, useState } from 'react';
import { describeFailure } from './failure.ts';

export type LiveState = 'connecting' | 'live' | 'paused' | 'reconnecting' | 'lost';

/** Opens the stream; the signal closes it. */
export type OpenStream<T> = (signal: AbortSignal) => Promise<AsyncIterable<T>>;

type Listener<T> = { onMessage: (message: T) => void; onState: (state: LiveState) => void };
type Channel = {
  listeners: Set<Listener<unknown>>;
  state: LiveState;
  stop: () => void;
};

const firstPauseMs = 500;
const longestPauseMs = 15_000;
/** Failures in a row after which the stream counts as lost and pages fall back to asking again. */
const failuresMax = 3;

const channels = new Map<string, Channel>();

const pause = (durationMs: number, signal: AbortSignal) =>
  new Promise<void>(resolve => {
    const timer = setTimeout(resolve, durationMs);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });

async function follow(channel: Channel, open: OpenStream<unknown>, signal: AbortSignal): Promise<void> {
  const tell = (state: LiveState) => {
    if (signal.aborted) return;
    channel.state = state;
    for (const listener of channel.listeners) listener.onState(state);
  };
  let failures = 0;
  while (!signal.aborted) {
    tell(failures === 0 ? 'connecting' : failures >= failuresMax ? 'lost' : 'reconnecting');
    try {
      const messages = await open(signal);
      tell('live');
      failures = 0;
      for await (const message of messages) {
        if (signal.aborted) return;
        for (const listener of channel.listeners) listener.onMessage(message);
      }
    } catch (error) {
      // Nothing comes of trying again; the page asks at once, and is told the same.
      failures = describeFailure(error).kind === 'signed_out' ? failuresMax : failures + 1;
    }
    await pause(Math.min(firstPauseMs * 2 ** failures, longestPauseMs), signal);
  }
}

function startChannel(open: OpenStream<unknown>): Channel {
  let controller: AbortController | null = null;
  const channel: Channel = { listeners: new Set(), state: 'connecting', stop: () => undefined };
  const onVisibility = () => {
    if (document.hidden) {
      controller?.abort();
      controller = null;
      channel.state = 'paused';
      for (const listener of channel.listeners) listener.onState('paused');
    } else if (!controller) {
      controller = new AbortController();
      void follow(channel, open, controller.signal);
    }
  };
  document.addEventListener('visibilitychange', onVisibility);
  channel.stop = () => {
    document.removeEventListener('visibilitychange', onVisibility);
    controller?.abort();
  };
  onVisibility();
  return channel;
}

function joinChannel(key: string, open: OpenStream<unknown>, listener: Listener<unknown>): () => void {
  let channel = channels.get(key);
  if (!channel) {
    channel = startChannel(open);
    channels.set(key, channel);
  }
  const joined = channel;
  joined.listeners.add(listener);
  listener.onState(joined.state);
  return () => {
    joined.listeners.delete(listener);
    if (joined.listeners.size > 0) return;
    joined.stop();
    channels.delete(key);
  };
}

type Options<T> = {
  /** The same key is the same stream. */
  key: string;
  open: OpenStream<T>;
  onMessage: (message: T) => void;
  /** Runs when the stream becomes live: what happened before, while it was being opened or was gone, was not told. */
  onResume: () => void;
  isEnabled?: boolean;
};

export function useLive<T>({ key, open, onMessage, onResume, isEnabled = true }: Options<T>): LiveState {
  const [state, setState] = useState<LiveState>('connecting');
  const openStream = useEffectEvent(open);
  const receive = useEffectEvent(onMessage);
  const change = useEffectEvent((next: LiveState) => {
    setState(next);
    if (next === 'live') onResume();
  });
  useEffect(() => {
    if (!isEnabled) {
      change('paused');
      return;
    }
    return joinChannel(key, signal => openStream(signal), {
      onMessage: message => receive(message as T),
      onState: change,
    });
  }, [key, isEnabled]);
  return state;
}
