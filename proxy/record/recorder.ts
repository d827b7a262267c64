/** Turns drafts into numbered, chained lines of the spool, and seals literals to the control plane. Implements `Recorder`. */

import { chainHash } from '#core/event/chain.ts';
import type { Sealed } from '#core/event/schema.ts';
import { type ContentKey, createContentKey, sealLiterals } from '#core/event/seal.ts';
import { serializeMembers } from '#core/event/serialize.ts';
import type { Jwk } from '#core/policy/bundle.ts';
import { type Clock, type EventDraft, type Recorder, RecordingError } from '../ports.ts';
import { formatLine } from './segment.ts';
import type { Spool, SpoolState } from './spool.ts';

/** As in `eventLineSchema`. */
const bodyCharactersMax = 4_000_000;
const escapedFragmentsMax = 4_000;
const escapedCharactersMax = 20_000_000;

/** The inside of the JSON string literal for `text`. */
const quotedInside = (text: string): string => JSON.stringify(text).slice(1, -1);

export class SpoolRecorder implements Recorder {
  private readonly spool: Spool;
  private readonly clock: Clock;
  private readonly prefix: string;
  private readonly escapedPrefix: string;
  private escapedFragments = new Map<string, string>();
  private escapedCharacters = 0;
  private lastMs = -1;
  private lastTime = '';
  private contentKey: ContentKey | null = null;
  private contentKeyOf: string | null = null;

  constructor(options: { spool: Spool; clock: Clock; proxyId: string }) {
    this.spool = options.spool;
    this.clock = options.clock;
    this.prefix = `{"v":1,"proxy":"${options.proxyId}","seq":`;
    this.escapedPrefix = quotedInside(this.prefix);
  }

  get healthy(): boolean {
    return this.spool.healthy;
  }

  get state(): SpoolState {
    return this.spool.state;
  }

  append(draft: EventDraft): void {
    const members = draft.type === 'statement.completed' ? completedMembers(draft) : serializeMembers(draft);
    this.write(members, quotedInside(members));
  }

  appendFragment(fragment: string, tail: string): void {
    this.write(
      tail === '' ? fragment : `${fragment},${tail}`,
      tail === '' ? this.escapeFragment(fragment) : `${this.escapeFragment(fragment)},${quotedInside(tail)}`,
    );
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

  seal(literals: readonly string[]): Sealed | null {
    if (literals.length === 0) return null;
    if (!this.contentKey) throw new RecordingError('no key to seal literals with');
    return sealLiterals(this.contentKey, literals);
  }

  private write(members: string, escapedMembers: string): void {
    const { seq, hash: prev } = this.spool.next;
    const time = this.time();
    const body = `${this.prefix}${seq + 1},"time":"${time}",${members}}`;
    if (body.length > bodyCharactersMax) throw new RecordingError('the statement is too large to be recorded');
    const hash = chainHash(prev, body);
    const escaped = `${this.escapedPrefix}${seq + 1},\\"time\\":\\"${time}\\",${escapedMembers}}`;
    this.spool.append(formatLine({ prev, hash, escaped }), hash);
  }

  private time(): string {
    const nowMs = Math.floor(this.clock.nowMs());
    if (nowMs !== this.lastMs) {
      this.lastMs = nowMs;
      this.lastTime = new Date(nowMs).toISOString();
    }
    return this.lastTime;
  }

  /** Fragments repeat for every run of a cached decision; escaping them is half of the work. */
  private escapeFragment(fragment: string): string {
    const known = this.escapedFragments.get(fragment);
    if (known !== undefined) return known;
    const escaped = quotedInside(fragment);
    this.escapedCharacters += escaped.length;
    if (this.escapedFragments.size >= escapedFragmentsMax || this.escapedCharacters > escapedCharactersMax) {
      this.escapedFragments = new Map();
      this.escapedCharacters = escaped.length;
    }
    this.escapedFragments.set(fragment, escaped);
    return escaped;
  }
}

/** As `serializeMembers` gives it, for the one event besides decisions that every statement has. */
function completedMembers(draft: EventDraft & { type: 'statement.completed' }): string {
  const { bytes, durationUs, maskedCells, outcome, rows, session, sqlstate, statement, tag } = draft;
  const counts = `"bytes":${bytes},"durationUs":${durationUs},"maskedCells":${maskedCells},"outcome":"${outcome}","rows":${rows}`;
  const rest = `"session":"${session}","sqlstate":${JSON.stringify(sqlstate)},"statement":${statement},"tag":${JSON.stringify(tag)}`;
  return `"type":"statement.completed",${counts},${rest}`;
}
