/** Whatever is asked for, the answer is one in words: nothing that a caller can type makes a read fail on our side. */
import { describe, expect, it } from 'vitest';
import { roles } from '#core/identity/role.ts';
import { testDesk } from '#lib/approvals/testing.ts';
import { registeredProcedures } from '#lib/orpc/openapi.ts';
import { approvalSamples } from './approvals.ts';
import { auditSamples } from './audit.ts';
import { catalogSamples } from './catalog.ts';
import { identitySamples } from './identity.ts';
import { proxySamples } from './proxies.ts';
import type { Samples } from './sample.ts';

const samples: Samples = {
  ...identitySamples,
  ...catalogSamples,
  ...approvalSamples,
  ...proxySamples,
  ...auditSamples,
};
const { at } = testDesk();

const nil = '00000000-0000-0000-0000-000000000000';
const huge = Number.MAX_SAFE_INTEGER;
const keys: unknown[] = [
  ['0000-01-01T00:00:00Z'],
  ['0000-01-01T00:00:00Z', nil],
  ['0000-01-01T00:00:00Z', nil, huge],
  ['2026-01-01T00:00:00Z', nil, -huge],
  ['\0'],
  ['\ud800', nil],
  ['\0', '\0', '\0', '\0'],
  ['\ud800', '', '', '', nil],
  [huge],
  [-huge],
  [],
];
const cursors = keys.map(key => `cursor=${Buffer.from(JSON.stringify(key)).toString('base64url')}`);
const filters = [
  'q',
  'table',
  'identity',
  'connection',
  'label',
  'kind',
  'hazard',
  'actor',
  'action',
  'target',
  'group',
];
const texts = ['%00xx', '%ED%A0%80', `%27%22%25_%5C${'a'.repeat(80)}`];
const queries = [
  ...cursors,
  ...['0000-01-01T00:00:00Z', '0001-01-01T00:00:00Z', '2026-02-30T00:00:00Z', huge].map(at => `from=${at}&to=${at}`),
  'to=1970-01-01T00:00:00Z',
  'from=9999-12-31T23:59:59.999999999Z',
  // One after another as well as together: a filter that is refused keeps the others from being tried.
  ...texts.flatMap(text => [filters.map(name => `${name}=${text}`).join('&'), `q=${text}`]),
  `version=${huge}`,
];

const reads = registeredProcedures().filter(
  ({ method, meta }) => method === 'GET' && meta.kind === 'query' && meta.audience === 'identity',
);

describe.each(reads)('$name', ({ name }) => {
  it('answers in words', async () => {
    const { plane } = at();
    const sample = await samples[name]?.(at());
    if (!sample || sample.isRpc) return;
    const who = await plane.identity({ roles: [...roles] });
    const failed: string[] = [];
    for (const query of queries) {
      const path = `${sample.path}${sample.path.includes('?') ? '&' : '?'}${query}`;
      const answer = await plane.response('GET', path, { as: who });
      if (answer.status >= 500) failed.push(`${answer.status} ${query}`);
      await answer.body?.cancel();
    }
    expect(failed).toEqual([]);
  });
});
