/** Turns drafts into numbered, chained lines of the spool, and seals literals to the control plane. Implements `Recorder`. */
import type { Sealed } from '#core/event/schema.ts';
import { type ContentKey, createContentKey, sealLiterals } from '#core/event/seal.ts';
import { serializeMembers } from '#core/event/serialize.ts';
import type { Jwk } from '#core/policy/bundle.ts';
import { type Clock, type EventDraft, type Recorder, RecordingError } from '../ports.ts';
import { encodeMembers, LineWriter, type Members } from './line.ts';
import type { Spool, SpoolState } from './spool.ts';

/** As in `eventLineSchema`. */
const bodyCharactersMax = 4_000_000;
/** What every event has besides the text of its members. */
const bodyCharactersSpare = 200;
const fragmentsMax = 4_000;
const fragmentCharactersMax = 20_000_000;

export class SpoolRecorder implements Recorder {
  private readonly spool: Spool;
  private readonly clock: Clock;
  private readonly lines: LineWriter;
  private fragments = new Map<string, Members>();
  private fragmentCharacters = 0;
  private lastMs = -1;
  private lastStamp: Members = encodeMembers('');
  private contentKey: ContentKey | null = null;
  private contentKeyOf: string | null = null;

  constructor(options: { spool: Spool; clock: Clock; proxyId: string }) {
    this.spool = options.spool;
    this.clock = options.clock;
    this.lines = new LineWriter(options.spool, `{"v":1,"proxy":"${options.proxyId}","seq":`);
  }

  get healthy(): boolean {
    return this.spool.healthy;
  }

  get state(): SpoolState {
    return this.spool.state;
  }

  append(draft: EventDraft): void {
    this.write(encodeMembers(serializeMembers(draft)), '');
  }

  appendFragment(fragment: string, tail: string): void {
    this.write(this.encoded(fragment), tail);
  }

  commit(): void {
    this.spool.commit();
  }

  /** Makes the key that literals are sealed with, known only to the control plane; a new one for each key of the control plane. */
  async useLiteralsKey(literalsKey: Jwk): Promise<void> {
    const thumb = JSON.stringify(literalsKey);
    if (this.contentKeyOf === thumb) return;
    const created = await createContentKey(literalsKey);
    this.append({ type: 'proxy.key', key: created.id, jwe: created.jwe });
    this.commit();
    this.contentKey = created;
    this.contentKeyOf = thumb;
  }

  get contentKeyJwe(): string | null {
    return this.contentKey?.jwe ?? null;
  }

  seal(literals: readonly string[], fingerprint: string): Sealed | null {
    if (literals.length === 0) return null;
    if (!this.contentKey) throw new RecordingError('no key to seal literals with');
    return sealLiterals(this.contentKey, literals, fingerprint);
  }

  private write(members: Members, tail: string): void {
    if (members.characters + tail.length + bodyCharactersSpare > bodyCharactersMax) {
      throw new RecordingError('the statement is too large to be recorded');
    }
    this.lines.write({ stamp: this.stamp(), members, tail });
  }

  /** The time, and the comma behind it. */
  private stamp(): Members {
    const nowMs = Math.floor(this.clock.nowMs());
    if (nowMs !== this.lastMs) {
      this.lastMs = nowMs;
      this.lastStamp = encodeMembers(`"time":"${new Date(nowMs).toISOString()}",`);
    }
    return this.lastStamp;
  }

  /** Fragments repeat for every run of a cached decision. */
  private encoded(fragment: string): Members {
    const known = this.fragments.get(fragment);
    if (known !== undefined) return known;
    const members = encodeMembers(fragment);
    this.fragmentCharacters += fragment.length;
    if (this.fragments.size >= fragmentsMax || this.fragmentCharacters > fragmentCharactersMax) {
      this.fragments = new Map();
      this.fragmentCharacters = fragment.length;
    }
    this.fragments.set(fragment, members);
    return members;
  }
}
