/** The version of the proxy and the command line. A test holds it to that of the package. */
export const version = '0.1.0';
