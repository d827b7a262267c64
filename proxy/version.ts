/** The version of the proxy and the command line: that of the package they are built from. */
import manifest from '../package.json' with { type: 'json' };

export const version: string = manifest.version;
