/** The shapes every list and every reference to a person share: keyset paging, times and who. Pure zod, so that the browser may import it. */
import { z } from 'zod';
import { identityKinds } from '#core/identity/principal.ts';

export const listLimitMax = 200;
export const listLimitDefault = 50;

/** `q` searches on the server, never in loaded rows. A cursor is opaque and belongs to the same filters. */
export const listInput = {
  q: z.string().trim().max(500).optional(),
  cursor: z.string().max(500).optional(),
  limit: z.coerce.number().int().min(1).max(listLimitMax).default(listLimitDefault),
};

/** `about` is an estimate where counting would be slow, else exact; absent when unknown. */
export const listOutput = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    nextCursor: z.string().nullable(),
    about: z.number().int().nonnegative().optional(),
  });

/** UTC, RFC 3339. Before 1970 there is nothing, and long before it the calendars of the database and of the language differ. */
export const timeSchema = z.iso.datetime().refine(time => time >= '1970', 'is before 1970');

/** Controls but tab and line feed (and NUL, which no text may have), and what turns the direction of reading: a terminal, or a page, would obey them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
const obeyed = /[\u0001-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** What people write to be read by others, also in the notices that a client prints as they are: without what would be obeyed there. */
export const writtenText = (max: number) =>
  z
    .string()
    .overwrite(text => text.replaceAll(obeyed, ''))
    .trim()
    .max(max);

/** As much of an identity as is needed to name it. */
export const identityRefSchema = z.object({
  id: z.uuid(),
  kind: z.enum(identityKinds),
  login: z.string(),
  displayName: z.string(),
});
export type IdentityRef = z.infer<typeof identityRefSchema>;
