/** Procedures of the audit context. */
import 'server-only';
import { chainRouter } from './chain.ts';
import { eventsRouter } from './events.ts';
import { exportsRouter } from './exports.ts';
import { sessionsRouter } from './sessions.ts';
import { statementsRouter } from './statements.ts';

export const auditRouter = {
  sessions: { ...sessionsRouter, export: exportsRouter.sessions },
  statements: { ...statementsRouter, export: exportsRouter.statements },
  events: eventsRouter,
  chain: chainRouter,
};
