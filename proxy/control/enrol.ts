/**
 * Enrolment: a one-time token and the proxy's own public key in, the proxy's id and the keys that sign bundles out. Those keys are
 * pinned from then on.
 */
import fs from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';
import { fail, ok, type Result } from '#core/contract/error.ts';
import { enrolOutputSchema } from '#core/contract/proxy.ts';
import { jwkSchema } from '#core/policy/bundle.ts';
import { version } from '../version.ts';
import { controlClient } from './client.ts';
import { loadOrMakeKey, type ProxyKey, writePrivate } from './keys.ts';

const enrolmentSchema = z.object({
  proxyId: z.uuid(),
  /** Where it was enrolled; another control plane is another enrolment. */
  controlUrl: z.url(),
  bundleKeys: z.array(jwkSchema).min(1),
});
export type Enrolment = z.infer<typeof enrolmentSchema> & { key: ProxyKey };

export type EnrolOptions = {
  directory: string;
  controlUrl: string;
  name: string;
  /** Read only when the proxy is not enrolled yet. */
  token: (() => string) | null;
};

const fileName = 'enrolment.json';

/** The enrolment of this state directory; null when there is none. Throws on a file that is not what `enrol` wrote. */
export async function loadEnrolment(directory: string): Promise<Enrolment | null> {
  const path = `${directory}/${fileName}`;
  if (!fs.existsSync(path)) return null;
  const stored = enrolmentSchema.parse(JSON.parse(fs.readFileSync(path, 'utf8')));
  return { ...stored, key: await loadOrMakeKey(directory) };
}

/** The enrolment there is, or a new one with the token. */
export async function ensureEnrolled(options: EnrolOptions): Promise<Result<Enrolment>> {
  const existing = await loadEnrolment(options.directory);
  if (existing) {
    if (existing.controlUrl === options.controlUrl) return ok(existing);
    // The same control plane may have another address; another one does not know our key and says so.
    const moved = { ...existing, controlUrl: options.controlUrl };
    store(options.directory, moved);
    return ok(moved);
  }
  if (!options.token) {
    return fail('unauthenticated', 'this proxy is not enrolled', {
      hint: 'create an enrolment on the Proxies page of the console and set WEIR_ENROL_TOKEN, or run: weir proxy enrol',
    });
  }
  const token = readToken(options.token);
  return token.ok ? enrol({ ...options, token: token.value }) : token;
}

/** It may be a file that is not there, or a variable that is not set. */
function readToken(read: () => string): Result<string> {
  try {
    return ok(read());
  } catch (error) {
    return fail(
      'invalid_input',
      `the enrolment token cannot be read: ${error instanceof Error ? error.message : error}`,
    );
  }
}

export async function enrol(options: Omit<EnrolOptions, 'token'> & { token: string }): Promise<Result<Enrolment>> {
  const key = await loadOrMakeKey(options.directory);
  const client = controlClient({ url: options.controlUrl, bearer: null });
  const answer = await client.get(enrolOutputSchema, {
    method: 'POST',
    path: '/proxies/enrol',
    json: {
      token: options.token.trim(),
      name: options.name,
      version,
      host: hostname().slice(0, 255),
      publicKey: key.public,
    },
  });
  if (!answer.ok) return answer;
  const enrolment = { ...answer.value, controlUrl: options.controlUrl, key };
  store(options.directory, enrolment);
  return ok(enrolment);
}

function store(directory: string, { proxyId, controlUrl, bundleKeys }: Enrolment): void {
  writePrivate(`${directory}/${fileName}`, `${JSON.stringify({ proxyId, controlUrl, bundleKeys }, null, 2)}\n`);
}
