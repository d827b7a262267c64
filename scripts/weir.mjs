#!/usr/bin/env node
/** The `weir` command. */
process.argv.splice(2, 0, 'weir');
await import('./run.mjs');
