/** Sensitivity: labels with levels, and what a column carries. */
import { z } from 'zod';

export const levels = ['public', 'internal', 'confidential', 'restricted'] as const;
export type Level = (typeof levels)[number];
export const levelRank = (level: Level): number => levels.indexOf(level);

/** A dotted label, e.g. `pii.email`. */
export const labelPattern = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){0,3}$/;
export const labelSchema = z.string().max(80).regex(labelPattern, 'a label is dotted lower case, e.g. pii.email');

/** Labels the product knows from the start; an installation may add its own, whose level is then given with the column. */
export const knownLabels: Readonly<Record<string, { level: Level; title: string }>> = {
  'pii.email': { level: 'confidential', title: 'E-mail address' },
  'pii.name': { level: 'confidential', title: 'Personal name' },
  'pii.phone': { level: 'confidential', title: 'Telephone number' },
  'pii.address': { level: 'confidential', title: 'Postal address' },
  'pii.birth_date': { level: 'confidential', title: 'Date of birth' },
  'pii.national_id': { level: 'restricted', title: 'National identifier' },
  'pii.ip_address': { level: 'confidential', title: 'IP address' },
  'pii.free_text': { level: 'confidential', title: 'Text or document that holds personal data' },
  'pci.pan': { level: 'restricted', title: 'Payment card number' },
  'pci.iban': { level: 'restricted', title: 'Bank account number' },
  'hr.salary': { level: 'restricted', title: 'Pay' },
  'secret.token': { level: 'restricted', title: 'Credential' },
  'secret.password': { level: 'restricted', title: 'Password or its hash' },
  'restricted.schema': { level: 'restricted', title: 'Closed area' },
};

/**
 * The labels on one column as the control plane distributes them. A label holds when either the object identifiers or the
 * qualified name match the live catalog: a rename keeps the identifiers, a drop-and-create keeps the name, and holding on to
 * a label too long only masks too much.
 */
export const columnLabelSchema = z.object({
  relationOid: z.number().int().nonnegative(),
  attnum: z.number().int(),
  schema: z.string(),
  relation: z.string(),
  column: z.string(),
  label: labelSchema,
  level: z.enum(levels),
});
export type ColumnLabel = z.infer<typeof columnLabelSchema>;

/** Who owns a table or a schema. Owners see their own data unmasked and approve writes to it. */
export const ownerSchema = z.object({
  schema: z.string(),
  /** Absent: the whole schema. */
  relation: z.string().nullable(),
  /** Identity id, or a group name. */
  owner: z.union([z.object({ identity: z.uuid() }), z.object({ group: z.string() })]),
});
export type Owner = z.infer<typeof ownerSchema>;
