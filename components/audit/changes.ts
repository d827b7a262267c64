/** The difference between two states of an object, field by field. Pure. */

export type FieldChange = { path: string; before: string | null; after: string | null };

const changesMax = 200;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const print = (value: unknown): string | null => {
  if (value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
};

/** Objects are compared by field, everything else as a whole. Equal fields are left out. */
export function fieldChanges(before: unknown, after: unknown, path = ''): FieldChange[] {
  if (isRecord(before) || isRecord(after)) {
    const left = isRecord(before) ? before : {};
    const right = isRecord(after) ? after : {};
    const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])];
    return keys.flatMap(key => fieldChanges(left[key], right[key], path ? `${path}.${key}` : key)).slice(0, changesMax);
  }
  const [one, other] = [print(before ?? undefined), print(after ?? undefined)];
  return one === other ? [] : [{ path: path || 'value', before: one, after: other }];
}
