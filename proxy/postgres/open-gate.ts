/** What a session with sockets and its gate know of each other. */

import type { ImpactQuestion } from '../control/impact.ts';
import type { HoldParts } from '../enforce/hold.ts';
import type { SessionIdentity } from '../ports.ts';
import type { Ruling } from './session/ruling.ts';
import type { Settings } from './session/settings.ts';
import type { HoldRequest, InternalRows, Session, SessionGate } from './session/state.ts';

/** Runs statements of the proxy's own in the session, while the client waits: the rows of each; null when one failed. */
export type RunInternal = (texts: readonly string[]) => Promise<InternalRows[] | null>;

export type ImpactBasis = Omit<ImpactQuestion, 'target' | 'timeoutMs' | 'nowMs'>;

/** A gate that can also be asked for what is not at hand. */
export type OpenGate = SessionGate & {
  resolve(key: string): Promise<Ruling>;
  /** The identity as a newer bundle has it. */
  refresh(identity: SessionIdentity): void;
  factsOf: HoldParts['factsOf'];
  /** The ruling for so many changed rows; null when it would be another one by now. `isLater`: under the present policies, whatever it was before. */
  recounted(ruling: Ruling, rows: number | null, isLater: boolean): Ruling | null;
  /** What the impact of a held statement is computed from; null when it cannot be. */
  impactQuestion(request: HoldRequest): ImpactBasis | null;
  close(): void;
  readonly bundleVersion: number;
};

/** What a gate sees of its session. */
export type GatedSession = {
  id: string;
  identity: SessionIdentity;
  application: string;
  address: string;
  settings: Settings;
  state: () => Session;
  internal: RunInternal;
};
