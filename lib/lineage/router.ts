/** The procedures of lineage. */
import 'server-only';
import { downstream } from './downstream.ts';

export const lineageRouter = { downstream };
