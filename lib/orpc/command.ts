/** The builder behind commands: one transaction for the change, its audit events, its messages and its idempotency key. */
import 'server-only';
import type { AnySchema, InferSchemaInput, InferSchemaOutput, Route, Schema } from '@orpc/contract';
import type { Builder, DecoratedProcedure } from '@orpc/server';
import { assert } from '#core/contract/assert.ts';
import type { Tx } from '#db/client.ts';
import type { AuditEntry } from '#lib/audit/append.ts';
import { recordEvent, transact } from '#lib/transaction.ts';
import { actorOf } from './actor.ts';
import type { BaseContext, ProcedureMeta, WithTx } from './context.ts';
import { once } from './idempotency.ts';
import { writtenWhileDatabaseAnswers } from './silence.ts';

type Audit = AuditEntry | readonly AuditEntry[] | null;

type Handler<C extends BaseContext, A extends Audit, I extends AnySchema, O extends AnySchema> = (options: {
  context: WithTx<C>;
  input: InferSchemaOutput<I>;
  signal?: AbortSignal;
}) => Promise<{ result: InferSchemaInput<O>; audit: A }>;

type Procedure<I extends AnySchema, O extends AnySchema> = DecoratedProcedure<
  BaseContext,
  BaseContext,
  I,
  O,
  Record<never, never>,
  ProcedureMeta
>;

export type CommandBuilder<C extends BaseContext, A extends Audit, I extends AnySchema, O extends AnySchema> = {
  route(route: Route): CommandBuilder<C, A, I, O>;
  input<S extends AnySchema>(schema: S): CommandBuilder<C, A, S, O>;
  output<S extends AnySchema>(schema: S): CommandBuilder<C, A, I, S>;
  handler(handler: Handler<C, A, I, O>): Procedure<I, O>;
};

/** `isRecorded`: it always leaves an event. */
type Settings = { shownOnce: boolean; ignoresKey?: boolean; isRecorded: boolean };

/** oRPC's builder changes its type with each step; what matters here is carried by the types above. */
type AnyBuilder = Builder<BaseContext, BaseContext, AnySchema, AnySchema, Record<never, never>, ProcedureMeta>;

export function commandBuilder<C extends BaseContext, A extends Audit>(
  start: unknown,
  settings: Settings,
): CommandBuilder<C, A, Schema<unknown, unknown>, Schema<unknown, unknown>> {
  return build(start as AnyBuilder, settings);
}

function build<C extends BaseContext, A extends Audit, I extends AnySchema, O extends AnySchema>(
  builder: AnyBuilder,
  settings: Settings,
): CommandBuilder<C, A, I, O> {
  const chain = (next: unknown) => build<C, A, I, O>(next as AnyBuilder, settings);
  return {
    route: route => chain(builder.route(route)),
    input: schema => chain(builder.input(schema)) as never,
    output: schema => chain(builder.output(schema)) as never,
    handler: handler =>
      builder.handler(({ context, input, signal, path }) => {
        const done = transact(context, tx => {
          const claim = { tx, context, procedure: path.join('.'), input, isShownOnce: settings.shownOnce };
          const run = async () => {
            const { result, audit } = await handler({
              context: { ...context, tx } as WithTx<C>,
              input: input as InferSchemaOutput<I>,
              signal,
            });
            recordAll(tx, context, { audit, isRequired: settings.isRecorded });
            return result;
          };
          return settings.ignoresKey ? run() : once(claim, run);
        });
        return writtenWhileDatabaseAnswers(context.sql, done);
      }) as unknown as Procedure<I, O>,
  };
}

type Recording = { audit: Audit; isRequired: boolean };

function recordAll(tx: Tx, context: BaseContext, { audit, isRequired }: Recording): void {
  const entries = audit === null ? [] : Array.isArray(audit) ? (audit as readonly AuditEntry[]) : [audit as AuditEntry];
  assert(!isRequired || entries.length > 0, 'a command by an identity leaves an audit event');
  const { id, via, address } = context.request;
  for (const entry of entries)
    recordEvent(tx, { ...entry, actor: actorOf(context.caller), request: { id, via, address } });
}
