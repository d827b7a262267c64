/**
 * The bundle in force: verified against the keys pinned at enrolment, never older than the last, kept on disk so that a restart
 * without control plane goes on enforcing until it expires. Expired or missing means: refuse everything.
 */
import fs from 'node:fs';
import { fail, ok, type Result } from '#core/contract/error.ts';
import type { Bundle, Jwk, SignedBundle } from '#core/policy/bundle.ts';
import { compilePolicies } from '#core/policy/compile.ts';
import { verifyBundle } from '#core/policy/sign.ts';
import type { AppliedBundle, Clock } from '../ports.ts';
import { writePrivate } from './keys.ts';

export type BundleStoreOptions = {
  directory: string;
  clock: Clock;
  /** Pinned at enrolment. */
  keys: readonly Jwk[];
  /** Done before a bundle comes into force. When it rejects, the bundle does not. */
  prepare?: (bundle: Bundle) => Promise<void>;
  /** Hears why a bundle that came into force could not be kept for the next start. */
  onNotKept?: (reason: string) => void;
};

const fileName = 'bundle.json';

export class BundleStore {
  private readonly options: BundleStoreOptions;
  private applied: AppliedBundle | null = null;
  private generation = 0;
  private isKept = true;
  private revokedBecause: string | null = null;
  private readonly listeners = new Set<(applied: AppliedBundle) => void>();

  constructor(options: BundleStoreOptions) {
    this.options = options;
  }

  /** What the last run left: also when expired, so that nothing older is taken. Null when there was none. */
  async load(): Promise<Result<AppliedBundle | null>> {
    const path = `${this.options.directory}/${fileName}`;
    if (!fs.existsSync(path)) return ok(null);
    const stored = parseJson(fs.readFileSync(path, 'utf8'));
    const bundle = await verifyBundle(stored, { keys: this.options.keys, nowMs: 0, versionMin: 0 });
    if (!bundle.ok) return fail(bundle.error.code, `${path}: ${bundle.error.message}`);
    return ok(await this.use(bundle.value));
  }

  /** Takes a bundle into force. Refuses what is unsigned, expired, or older than the one in force; that one then stays. */
  async apply(signed: SignedBundle): Promise<Result<AppliedBundle>> {
    const before = this.applied;
    const nowMs = this.options.clock.nowMs();
    const versionMin = before?.bundle.version ?? 0;
    const bundle = await verifyBundle(signed, { keys: this.options.keys, nowMs, versionMin });
    if (!bundle.ok) return bundle;
    // The same version again may only last longer; everything else in it is the same.
    if (before?.bundle.version === bundle.value.version && bundle.value.expiresAt <= before.bundle.expiresAt) {
      if (!this.isKept) this.keep(signed);
      return ok(before);
    }
    // What it revokes is over from now on, whether the disk takes it or not.
    this.keep(signed);
    return ok(await this.use(bundle.value));
  }

  private keep(signed: SignedBundle): void {
    const path = `${this.options.directory}/${fileName}`;
    try {
      writePrivate(path, JSON.stringify(signed));
      this.isKept = true;
    } catch (error) {
      this.isKept = false;
      this.options.onNotKept?.(error instanceof Error ? error.message : String(error));
      // Better none at the next start than an older one.
      removeIfPossible(path);
    }
  }

  /** The bundle in force, or why nothing may be decided. */
  current(): Result<AppliedBundle> {
    if (this.revokedBecause !== null) return fail('bundle_missing', `this proxy was revoked: ${this.revokedBecause}`);
    if (!this.applied) {
      return fail('bundle_missing', 'this proxy has not received its policies yet', {
        hint: 'try again in a moment; if it lasts, the proxy cannot reach the control plane',
      });
    }
    const { expiresAt } = this.applied.bundle;
    if (expiresAt > this.options.clock.nowMs()) return ok(this.applied);
    return fail('bundle_expired', `the policies of this proxy expired at ${new Date(expiresAt).toISOString()}`, {
      hint: 'the proxy cannot reach the control plane; tell whoever operates it',
    });
  }

  /** The last one applied, in force or not. */
  get last(): AppliedBundle | null {
    return this.applied;
  }

  /** Called with every bundle that comes into force. */
  onApplied(listener: (applied: AppliedBundle) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** The control plane has cut this proxy off: nothing is decided any more, and nothing is left for a restart. */
  revoke(reason: string): void {
    this.revokedBecause = reason;
    fs.rmSync(`${this.options.directory}/${fileName}`, { force: true });
  }

  get isRevoked(): boolean {
    return this.revokedBecause !== null;
  }

  private async use(bundle: Bundle): Promise<AppliedBundle> {
    await this.options.prepare?.(bundle);
    this.generation += 1;
    const applied = appliedBundle(bundle, this.generation);
    this.applied = applied;
    for (const listener of this.listeners) listener(applied);
    return applied;
  }
}

function removeIfPossible(path: string): void {
  try {
    fs.rmSync(path, { force: true });
  } catch {
    // A disk that takes nothing may not give anything either; whoever operates it has been told.
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export function appliedBundle(bundle: Bundle, generation: number): AppliedBundle {
  const principals = new Map(bundle.identities.map(principal => [principal.id, principal]));
  const byName = new Map(bundle.connections.map(connection => [connection.name, connection]));
  const byId = new Map(bundle.connections.map(connection => [connection.id, connection]));
  const revoked = new Set(bundle.revokedTokens);
  return {
    bundle,
    generation,
    policies: compilePolicies(bundle.policies, bundle.policyVersion),
    principalById: id => principals.get(id) ?? null,
    connectionByName: name => byName.get(name) ?? null,
    connectionById: id => byId.get(id) ?? null,
    isRevoked: tokenId => revoked.has(tokenId),
  };
}
