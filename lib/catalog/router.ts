/** The procedures of the catalog. */
import 'server-only';
import { relation, schemas, search } from './browse.ts';
import { connections } from './connections.ts';
import { setLabel } from './labels.ts';
import { setOwner } from './owners.ts';
import { suggestions } from './suggestions.ts';

export const catalogRouter = { connections, schemas, relation, search, setLabel, setOwner, suggestions };
