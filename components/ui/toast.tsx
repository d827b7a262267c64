'use client';
/** Short messages about what was just done. They can be paused and read again; errors stay until closed. */
import { CircleCheck, TriangleAlert, X } from 'lucide-react';
import { Toast as Radix } from 'radix-ui';
import { type ReactNode, useSyncExternalStore } from 'react';
import { buttonStyle } from './button.tsx';
import { cn } from './cn.ts';

type Message = {
  id: number;
  tone: 'success' | 'error';
  title: string;
  detail?: ReactNode;
  action?: { label: string; run: () => void };
};

const visibleMs = 6000;
const messagesMax = 4;
const none: readonly Message[] = [];

let messages: readonly Message[] = none;
let lastId = 0;
const listeners = new Set<() => void>();

function publish(next: readonly Message[]): void {
  messages = next.slice(-messagesMax);
  for (const listener of listeners) listener();
}

export function toast(message: Omit<Message, 'id'>): void {
  lastId += 1;
  publish([...messages, { ...message, id: lastId }]);
}

const close = (id: number) => publish(messages.filter(message => message.id !== id));

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

function ToastItem({ message }: { message: Message }) {
  const isError = message.tone === 'error';
  return (
    <Radix.Root
      duration={isError ? Number.POSITIVE_INFINITY : visibleMs}
      type={isError ? 'foreground' : 'background'}
      onOpenChange={isOpen => isOpen || close(message.id)}
      className="flex items-start gap-2 rounded-lg bg-popover p-3 text-popover-foreground shadow-popover animate-rise"
    >
      {isError ? (
        <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-deny" />
      ) : (
        <CircleCheck aria-hidden className="mt-0.5 size-4 shrink-0 text-allow" />
      )}
      <div className="grid min-w-0 flex-1 gap-0.5">
        <Radix.Title className="font-medium">{message.title}</Radix.Title>
        {message.detail ? (
          <Radix.Description className="text-muted-foreground">{message.detail}</Radix.Description>
        ) : null}
      </div>
      {message.action ? (
        <Radix.Action
          altText={message.action.label}
          onClick={message.action.run}
          className={buttonStyle({ variant: 'secondary', size: 'small' })}
        >
          {message.action.label}
        </Radix.Action>
      ) : null}
      <Radix.Close
        aria-label="Close message"
        className={cn(buttonStyle({ variant: 'ghost', size: 'smallIcon' }), '-m-1')}
      >
        <X aria-hidden />
      </Radix.Close>
    </Radix.Root>
  );
}

export function Toaster() {
  const shown = useSyncExternalStore(
    subscribe,
    () => messages,
    () => none,
  );
  return (
    <Radix.Provider label="Message" swipeDirection="left">
      {shown.map(message => (
        <ToastItem key={message.id} message={message} />
      ))}
      <Radix.Viewport className="fixed bottom-0 start-0 z-60 grid w-96 max-w-full gap-2 p-4 outline-none empty:hidden" />
    </Radix.Provider>
  );
}
