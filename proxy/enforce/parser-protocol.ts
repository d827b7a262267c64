/** What the pool and its workers say to each other. */
import type { Analysis, AnalysisSettings } from '#core/sql/analysis.ts';
import type { TextLimits } from '#core/sql/guard.ts';
import type { Lineage } from '#core/sql/lineage.ts';

export type ToWorker =
  /** A catalog as JSON; with `base`, only its user objects, over another catalog's system objects. */
  | { type: 'catalog'; id: number; base: number | null; json: string }
  | { type: 'forget'; id: number }
  | { type: 'analyze'; job: number; catalog: number; text: string; settings: AnalysisSettings; limits: TextLimits }
  | { type: 'lineage'; job: number; catalog: number };

export type FromWorker =
  | { type: 'ready' }
  | { type: 'analysis'; job: number; analysis: Analysis }
  | { type: 'lineage'; job: number; lineage: Lineage }
  /** The parser is broken; the worker ends after this. */
  | { type: 'failure'; job: number; message: string };
