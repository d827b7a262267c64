/** What value detectors look for: each kind with the label it speaks for and the words it is shown in. */

export const detectorKinds = [
  'card',
  'iban',
  'ssn',
  'private_key',
  'jwt',
  'aws_key',
  'gcp_key',
  'slack_token',
  'github_token',
  'stripe_key',
  'email',
  'phone',
] as const;
export type DetectorKind = (typeof detectorKinds)[number];

export const detectorVerdicts = ['mask', 'alert', 'ignore'] as const;
export type DetectorVerdict = (typeof detectorVerdicts)[number];

export type DetectorFacts = {
  title: string;
  /** Of `core/catalog/classification.ts`. */
  label: string;
  /** What makes a find one, in words that complete "values are …". */
  check: string;
  /** Fewer bytes than this are never one. */
  bytesMin: number;
  /** Between 0 and 1: how sure a label is where nearly every value is one. What has no checksum stays below. */
  confidenceMax: number;
};

const secret = { label: 'secret.token', confidenceMax: 0.99 } as const;

export const detectorFacts: Readonly<Record<DetectorKind, DetectorFacts>> = {
  card: {
    title: 'payment card number',
    label: 'pci.pan',
    check: 'payment card numbers (issuer, length and Luhn digit)',
    bytesMin: 12,
    confidenceMax: 0.98,
  },
  iban: {
    title: 'IBAN',
    label: 'pci.iban',
    check: 'IBANs (country, structure and check digits)',
    bytesMin: 15,
    confidenceMax: 0.99,
  },
  ssn: {
    title: 'US social security number',
    label: 'pii.national_id',
    check: 'US social security numbers (area, group and serial)',
    bytesMin: 11,
    confidenceMax: 0.9,
  },
  private_key: { ...secret, title: 'private key', check: 'private keys (PEM)', bytesMin: 60 },
  jwt: { ...secret, title: 'JSON web token', check: 'JSON web tokens (decoded header)', bytesMin: 20 },
  aws_key: { ...secret, title: 'AWS access key', check: 'AWS access keys', bytesMin: 20 },
  gcp_key: { ...secret, title: 'Google Cloud key', check: 'Google Cloud keys', bytesMin: 25 },
  slack_token: { ...secret, title: 'Slack token', check: 'Slack tokens', bytesMin: 20 },
  github_token: { ...secret, title: 'GitHub token', check: 'GitHub tokens (with their checksum)', bytesMin: 40 },
  stripe_key: { ...secret, title: 'Stripe key', check: 'Stripe keys', bytesMin: 24 },
  email: { title: 'e-mail address', label: 'pii.email', check: 'e-mail addresses', bytesMin: 6, confidenceMax: 0.95 },
  phone: {
    title: 'telephone number',
    label: 'pii.phone',
    check: 'telephone numbers (country code and length)',
    bytesMin: 9,
    confidenceMax: 0.85,
  },
};

/** A set of kinds as bits, in the order of `detectorKinds`. */
export const kindBit = (kind: DetectorKind): number => 1 << detectorKinds.indexOf(kind);
export const kindBits = (kinds: readonly DetectorKind[]): number =>
  kinds.reduce((bits, kind) => bits | kindBit(kind), 0);
export const allKinds = kindBits(detectorKinds);

/** The fewest bytes in which any kind of the set can be found; Infinity for none. */
export const bytesMinOf = (bits: number): number =>
  Math.min(...detectorKinds.filter(kind => bits & kindBit(kind)).map(kind => detectorFacts[kind].bytesMin));
