/** Procedures of the identity context. */
import 'server-only';
import { meRouter } from './me.ts';

export const identityRouter = { me: meRouter };
