/** Fills an empty installation, as its own process so that the supervisor does not carry the control plane's code with it. */

/** What the supervisor wants done. */
export type SeedOrder = {
  demo: boolean;
  /** Where the proxy keeps its identity once it is enrolled. */
  proxyState: string;
  /** Where a token of the demo's developer is left (0600). */
  tokenFile: string;
};

export type SeedMessage = {
  type: 'installed';
  enrolToken: string | null;
  people: { login: string; what: string }[];
};
