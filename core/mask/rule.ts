/** What a mask does to a value. Masks are type-preserving: the result is a valid value of the column's own type. */
import { z } from 'zod';

export const maskSchema = z.discriminatedUnion('kind', [
  /** A fixed value of the type: `***` for text, zero for numbers, the epoch for dates, `{}` for JSON and arrays. */
  z.object({ kind: z.literal('redact') }).strict(),
  /** Keeps a recognisable part. `email` a***@***.com, `phone` last two digits, `card` last four, `text` first and last n characters. */
  z
    .object({
      kind: z.literal('partial'),
      shape: z.enum(['email', 'phone', 'card', 'text']).default('text'),
      first: z.number().int().min(0).max(8).default(0),
      last: z.number().int().min(0).max(8).default(0),
    })
    .strict(),
  /** HMAC-SHA-256 under the installation's mask key: equal values stay equal, nothing can be looked up. Text only; else redact. */
  z.object({ kind: z.literal('hash') }).strict(),
  z.object({ kind: z.literal('null') }).strict(),
  /** Dates and timestamps to 1 January of their year; others redact. */
  z.object({ kind: z.literal('year') }).strict(),
]);
export type Mask = z.infer<typeof maskSchema>;

/** Which mask wins when several policies name one for the same column: the one that shows least. */
export const maskStrength: Readonly<Record<Mask['kind'], number>> = {
  partial: 1,
  year: 2,
  hash: 3,
  redact: 4,
  null: 5,
};
