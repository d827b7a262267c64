/** What tags, parameters and fields of the REST API mean, for those who read its description for the first time. Pure. */

export const tagWords: Readonly<Record<string, string>> = {
  Overview: 'Counts of what needs attention now, and of what was decided.',
  Approvals: 'Requests that wait for a decision, decisions, and the grants that come of them.',
  Catalog: 'What the proxies found in the databases: tables, columns, their classifications and owners.',
  Lineage: 'Where data goes from a table: views, functions, foreign keys and recorded copies.',
  Policies: 'The documents that decide on every statement, and their versions.',
  Audit: 'Sessions, statements and the hash-chained log: search, export, verify.',
  Proxies: 'The proxies in front of the databases, their health, and tokens to enrol new ones.',
  Identity: 'People, AI agents, service accounts and groups; tokens, sign-in and sessions of the console.',
  'Data plane': 'What proxies call: enrolment, bundle, stream, catalog, held statements, events, heartbeat.',
};

/** By `<operation> <name>` where a name means something of its own, else by name alone. */
const words: Readonly<Record<string, string>> = {
  // What many have
  'Idempotency-Key':
    'Makes a repetition safe: the same key with the same body changes once and answers the same again.',
  'if-none-match': 'The ETag of the bundle the proxy has: 304 without a body while there is no other.',
  wait: 'Seconds to wait for a bundle other than the one of If-None-Match.',
  id: 'The object’s id.',
  q: 'Finds by words in names and texts; upper and lower case are the same.',
  cursor: 'Goes on after a page: the `nextCursor` of the answer before.',
  limit: 'How many at most.',
  from: 'Not before this moment, RFC 3339.',
  to: 'Before this moment, RFC 3339.',
  all: 'Everybody’s, not only your own; needs the permission to see them.',
  reason: 'Why, in words; goes into the audit log.',
  comment: 'What changed and why, in words; stays with the version.',
  expectedVersion: 'The version that was read before: refused with 412 when somebody changed the object since.',
  description: 'What it is, in a sentence.',
  connectionId: 'Id of the connection, as `GET /connections` has it.',
  identityId: 'Id of the identity it is for or about.',
  requestId: 'Only what ran under this request.',
  format: '`csv`, or `ndjson` with one object a line.',
  oid: 'The relation’s oid in its database, as the catalog shows it.',
  attnum: 'The column’s number in its relation, as the catalog shows it.',
  userCode: 'The code that the command line shows.',

  // Identity
  'identity.identities.list kind': 'People, AI agents or service accounts.',
  'identity.identities.list role': 'Only those that have this role.',
  'identity.identities.list group': 'Only members of this group, by name.',
  'identity.identities.list owner': 'Only those that this person answers for, by id.',
  'identity.identities.list enabled': 'Only enabled ones, or only disabled ones.',
  'identity.tokens.list state': 'Only tokens in this state.',
  'identity.identities.create kind': 'A person, an AI agent or a service account.',
  login: 'What they sign in with, at the console and as user name at a proxy.',
  displayName: 'The name people read.',
  roles: 'What they may do in the console; policies may name roles too.',
  groups: 'Names of groups; the whole list, not an addition to it.',
  ownerId: 'The person who answers for an agent or a service account.',
  purpose: 'What an agent or a service account is for.',
  enabled: 'False disables it everywhere at once: sign-in, tokens, open sessions.',
  password: 'The new password.',
  current: 'The present password.',
  link: 'The secret part of the password link.',
  members: 'Ids of the identities in it.',
  add: 'Ids of identities to put in.',
  remove: 'Ids of identities to take out.',
  connections: 'Names of the connections it is good for; absent: all that policy allows.',
  ttlMinutes: 'For how long it is good, in minutes.',
  onBehalfOf: 'The person whom an agent acts for: the token has the rights of both, whichever are less.',
  permissions: 'What the token may do; never more than its identity may.',
  expiresInDays: 'For how long it is good, in days.',
  clientName: 'What asks to sign in, shown to whoever approves it.',
  deviceCode: 'The secret that `POST /device` answered with.',
  'identity.apiTokens.create name': 'To recognise the token by.',
  'identity.groups.create name': 'The name policies use.',

  // Catalog and lineage
  environment: 'Where it belongs, e.g. `production`; policies refer to it.',
  region: 'Where the data is, e.g. `eu-central-1`.',
  tags: 'Your own keys and values; policies may refer to them.',
  'catalog.connections.create name': 'What clients name as the database.',
  'catalog.connections.update name': 'What clients name as the database.',
  label: 'A classification, e.g. `pii.email`.',
  level: 'How sensitive: `public`, `internal`, `confidential` or `restricted`.',
  schema: 'Name of the schema.',
  relation: 'Name of the table or view; null for the schema itself.',
  owner: 'A person or a group; null takes the owner away.',
  ids: 'Ids of the suggestions.',
  'catalog.suggestions.list state': 'Waiting for a decision, accepted or rejected.',
  'catalog.suggestions.list basis': 'Found by names and types, or by detectors in values.',
  'catalog.suggestions.list order': 'The newest first, or by classification.',
  relations: 'Where to start: oids of relations of the connection.',
  depth: 'How many hops to follow.',

  // Policies
  'policy.policies.list mode': '`draft` is not used, `observe` only records what it would decide, `enforce` decides.',
  'policy.policies.list effect': 'Only policies with a rule of this effect.',
  'policy.policies.get version': 'An earlier version; absent: the one in force.',
  'policy name': 'Name of the policy.',
  yaml: 'The whole document.',

  // Approvals
  'approvals.requests.list tab': 'What waits for your vote, for anybody’s, what you asked for, or what is decided.',
  'approvals.requests.list kind': 'Held statements, or requests for access.',
  'approvals.requests.list state': 'Only requests in this state.',
  'approvals.grants.list tab': 'Grants that are good now, that begin later, or that have ended.',
  verdict: 'One vote against ends the request; votes for it are counted.',
  scope: 'What a vote is for: this statement, one time.',
  durationMinutes: 'For how long the access is to last, from its approval on.',

  // Audit
  table: '`schema.table`, or a table’s name in any schema.',
  identity: 'Identity id, or part of a login; finds what agents did for that person too.',
  connection: 'Connection id or name.',
  decision:
    'How at least one statement was decided; `deny` is what policy refused, `mistake` what the database would have refused as well. Several are alternatives.',
  proxy: 'Id of the proxy it went through.',
  'audit.sessions state':
    'How the session stands; `unknown` while its proxy is not heard from. Several are alternatives.',
  live: 'True: sessions known to be open. False: those that have ended.',
  'audit.sessions.statements decision':
    'Only statements that were decided so; `deny` is what policy refused, `mistake` what the database would have refused as well. Several are alternatives.',
  'audit.statements kind': 'A kind of statement, e.g. `select` or `ddl`.',
  hazard: 'A risk that was seen in it, e.g. `drop`.',
  outcome: 'How it ended; several are alternatives.',
  detected: 'What a detector found in its values; several are alternatives.',
  'audit.events source': 'Recorded by the control plane, or by a proxy.',
  'audit.events kind': '`read`: somebody looked at or exported what is recorded. `change`: everything else.',
  actor: 'Identity id, or part of a login.',
  action: 'An action, e.g. `policy.publish`, or all that begin alike: `policy.`',
  target: 'Id of the object, or a type of object, e.g. `policy`.',
  'audit.chain source': 'Whose chain: a proxy’s id, or that of the control plane.',
  'audit.chain from': 'The first sequence number.',
  'audit.chain to': 'The last sequence number.',

  // Proxies
  'proxies.list state': 'Only proxies in this state.',
  'proxies.enrolments.list state': 'Only tokens in this state.',
  'proxies.enrolments.create name': 'The name the proxy has to take; null leaves it the choice.',
  'proxies.plane.enrol name': 'What the proxy is called, unique among proxies.',
  token: 'The enrolment token; good once.',
  version: 'Version of the proxy’s program.',
  host: 'Name of the machine it runs on.',
  publicKey: 'The proxy’s Ed25519 key as a JWK; the private one never leaves it.',
};

/** Of the operation, of its context, of all. */
export function wordsFor(operationId: string, name: string): string | null {
  const parts = operationId.split('.');
  const scopes = parts.map((_, at) => parts.slice(0, parts.length - at).join('.'));
  for (const scope of scopes) {
    const found = words[`${scope} ${name}`];
    if (found) return found;
  }
  return words[name] ?? null;
}
