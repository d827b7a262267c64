/**
 * The three nets under every value: what the parse tree says a column comes from, what the server says of it, and what detectors
 * find in it. In a proxy all of them are up; tests take single ones down to show what the others miss. No configuration can.
 */
export type Nets = {
  lineage: boolean;
  origins: boolean;
  values: boolean;
};

export const allNets: Nets = { lineage: true, origins: true, values: true };
