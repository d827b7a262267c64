/**
 * What holds for every procedure, whoever wrote it: strangers get 401, the wrong kind of caller and those without the
 * permission 403, what is not there 404 in the same words as what one may not know of, bad input 400 with the field's name,
 * and every change leaves its event. A procedure without a sample fails here.
 */
import { describe, expect, it } from 'vitest';
import { permissions, roles } from '#core/identity/role.ts';
import { testDesk } from '#lib/approvals/testing.ts';
import { type RegisteredProcedure, registeredProcedures } from '#lib/orpc/openapi.ts';
import type { TestAnswer, TestIdentity } from '#lib/testing.ts';
import { approvalSamples } from './approvals.ts';
import { auditSamples } from './audit.ts';
import { catalogSamples } from './catalog.ts';
import { identitySamples } from './identity.ts';
import { proxySamples } from './proxies.ts';
import type { Sample, Samples } from './sample.ts';

const samples: Samples = {
  ...identitySamples,
  ...catalogSamples,
  ...approvalSamples,
  ...proxySamples,
  ...auditSamples,
};
const procedures = registeredProcedures();
const { at } = testDesk();

it('has a sample of every procedure, and of nothing else', () => {
  expect(Object.keys(samples).sort()).toEqual(procedures.map(procedure => procedure.name).sort());
});

type Credential = TestIdentity | { bearer: string } | undefined;
type Call = Pick<Sample, 'path' | 'body'>;

/** The status and the body, without what differs between any two requests. Streams are only opened. */
async function call(procedure: RegisteredProcedure, sample: Sample, as: Credential, change: Partial<Call> = {}) {
  const { path, body } = { path: sample.path, body: sample.body, ...change };
  const { plane } = at();
  if (sample.isRpc) return plane.rpc(path, body, { as: as && 'id' in as ? as : null });
  if (procedure.meta.kind !== 'stream')
    return plane.rest(procedure.method, path, { as, body, headers: sample.headers });
  const response = await plane.response(procedure.method, path, { as });
  const isRefused = response.status !== 200;
  const answer = { status: response.status, headers: response.headers, body: isRefused ? await response.json() : {} };
  if (!isRefused) await response.body?.cancel();
  return answer as TestAnswer;
}

const credentialOf = async ({ as }: Sample): Promise<Credential> => (as === 'proxy' ? at().proxy.bearer() : as);
const comparable = ({ status, body }: TestAnswer) => ({ status, ...body, instance: undefined });

type Issue = { path: string };
const fieldsOf = ({ body }: TestAnswer): string[] => {
  const data = (body.data ?? body) as { issues?: Issue[] };
  return (data.issues ?? []).map(issue => issue.path);
};

async function controlEvents(): Promise<number> {
  const [row] = await at().plane.database.sql`select head_seq::float8 as seq from event_source where kind = 'control'`;
  return Number(row?.seq);
}

const everyRole = () => at().plane.identity({ roles: [...roles] });

describe.each(procedures)('$name', procedure => {
  const { meta } = procedure;
  const sampleOf = async (): Promise<Sample> => {
    const make = samples[procedure.name];
    if (!make) throw new Error(`${procedure.name} has no sample`);
    return make(at());
  };

  if (meta.audience !== 'public')
    it('refuses strangers and bad credentials, before it looks at the input', async () => {
      const sample = await sampleOf();
      for (const as of [undefined, { bearer: `weir_pat_${'x'.repeat(43)}` }, { bearer: 'nonsense' }])
        for (const change of [{}, { path: sample.malformed?.path ?? sample.path, body: sample.malformed?.body }]) {
          const answer = await call(procedure, sample, as, change);
          expect([answer.status, answer.body.code]).toEqual([401, 'unauthenticated']);
        }
    });

  if (meta.audience === 'identity')
    it('refuses proxies, and those without the permission', async () => {
      const sample = await sampleOf();
      if (sample.isRpc) return;
      expect((await call(procedure, sample, await at().proxy.bearer())).status).toBe(403);
      if (meta.permission === null) return;
      const scope = permissions.filter(permission => permission !== meta.permission);
      const lacking = await at().plane.identity({ roles: [...roles], scope });
      const answer = await call(procedure, sample, lacking);
      expect([answer.status, answer.body.permission]).toEqual([403, meta.permission]);
    });

  if (meta.audience === 'proxy')
    it('refuses people, however powerful', async () => {
      expect((await call(procedure, await sampleOf(), await everyRole())).status).toBe(403);
    });

  it('names the field that is wrong', async () => {
    const sample = await sampleOf();
    if (!sample.malformed) return;
    const { field, ...change } = sample.malformed;
    const answer = await call(procedure, sample, await credentialOf(sample), change);
    expect([answer.status, fieldsOf(answer)]).toEqual([400, expect.arrayContaining([field])]);
  });

  it('says the same of what is not there and of what the caller may not know of', async () => {
    const sample = await sampleOf();
    if (!sample.absent) return;
    const absent = await call(procedure, sample, await credentialOf(sample), { path: sample.absent });
    expect([absent.status, absent.body.code]).toEqual([404, 'not_found']);
    if (!sample.hidden) return;
    const { as, path } = sample.hidden;
    const hidden = await call(procedure, sample, as, { path });
    const unknown = await call(procedure, sample, as, { path: sample.absent });
    expect(comparable(hidden)).toEqual(comparable(unknown));
  });

  it('does it, and a change or a sensitive read leaves its event', async () => {
    const sample = await sampleOf();
    const before = await controlEvents();
    const answer = await call(procedure, sample, await credentialOf(sample));
    expect([answer.status, answer.status === 200 ? '' : answer.body]).toEqual([200, '']);
    const isRecorded = (meta.kind === 'command' && !sample.isSilent) || meta.sensitive;
    if (isRecorded) expect(await controlEvents()).toBeGreaterThan(before);
    else expect(await controlEvents()).toBe(before);
  });
});
