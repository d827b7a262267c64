/** The checkout's directory, for code that runs from its source and from the bundle in dist/ alike. */
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');
