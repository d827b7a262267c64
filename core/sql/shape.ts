/** Whether two parts of a statement say the same. */
import { type Pg, tagOf } from './parse.ts';

/** Where something stands, in a node written as JSON: a quote within a text would have a backslash before it. */
const places =
  /"(?:location|(?:rexpr_)?list_(?:start|end))":-?\d+,|,?"(?:location|(?:rexpr_)?list_(?:start|end))":-?\d+(?=\})/g;

/** The same text says the same, wherever it stands. */
export const shapeOf = (node: unknown): string => (JSON.stringify(node) ?? '').replace(places, '');

/** Nodes of two sorts are never the same: mostly that is all there is to see. */
export const isSameShape = (one: Pg.Node, other: Pg.Node): boolean =>
  tagOf(one) === tagOf(other) && shapeOf(one) === shapeOf(other);
