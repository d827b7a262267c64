/** Levels in SQL: their rank is their position, so that the highest is the maximum. */
import 'server-only';
import { type SQL, sql } from 'drizzle-orm';
import { type Level, levels } from '#core/catalog/classification.ts';

const inOrder = sql.raw(`array[${levels.map(level => `'${level}'`).join(', ')}]::text[]`);

/** 1 for the lowest; null for null. */
export const rankOf = (level: SQL): SQL<number | null> => sql`array_position(${inOrder}, ${level})`;

export const levelOfRank = (rank: number | null | undefined): Level | null =>
  rank === null || rank === undefined ? null : (levels[rank - 1] ?? null);
