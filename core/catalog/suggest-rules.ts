/** The words by which column names give away what a column holds, per label. Data only; suggest.ts reads it. */

export type TypeFamily = 'text' | 'number' | 'date' | 'network' | 'json' | 'bytes' | 'uuid' | 'boolean' | 'other';

export type NameRule = {
  label: string;
  /** Words in a row, as in `date of birth`. */
  terms: readonly string[];
  types: readonly TypeFamily[];
  /** Of a name that reads exactly so. */
  confidence: number;
  /** What the table has to be about. */
  context?: 'person' | 'payment' | 'event';
  /** Words that may follow besides the common ones. */
  tails?: readonly string[];
  /** Words that, coming before, say it is about something else. */
  heads?: readonly string[];
};

/** Words that may follow a term without changing what the column holds. Any other says that it holds something about it. */
export const commonTails: ReadonlySet<string> = new Set(
  'address addr number num no nr value text string raw clean plain normalized normalised lower canonical primary secondary main home work business private personal mobile enc encrypted cipher hash hashed digest old new previous current original masked 1 2 3 4'.split(
    ' ',
  ),
);

/** Words that, coming first, say that the column is a flag, a measure or a reference. */
export const commonHeads: ReadonlySet<string> = new Set(
  'is has had can should must needs allow allows enable enabled num count n total avg max min sum last_used default template'.split(
    ' ',
  ),
);

export const contextWords: Readonly<Record<'person' | 'payment' | 'event', ReadonlySet<string>>> = {
  person: new Set(
    'customer user employee person people contact member patient client lead staff subscriber guest driver applicant candidate profile recipient student teacher citizen visitor buyer seller tenant resident crm hr payroll author owner account signup registration worker colleague passenger donor shopper'.split(
      ' ',
    ),
  ),
  payment: new Set(
    'payment card billing charge checkout wallet transaction invoice payout bank credit debit subscription'.split(' '),
  ),
  event: new Set('event log audit webhook message request history outbox inbox queue'.split(' ')),
};

const texts: readonly TypeFamily[] = ['text', 'bytes'];
const textsAndNumbers: readonly TypeFamily[] = ['text', 'number', 'bytes'];
const secrets: readonly TypeFamily[] = ['text', 'bytes', 'uuid', 'json'];
const notAPlace = [
  'ip',
  'mac',
  'email',
  'mail',
  'web',
  'url',
  'wallet',
  'memory',
  'contract',
  'bitcoin',
  'eth',
  'network',
];

export const nameRules: readonly NameRule[] = [
  {
    label: 'pii.email',
    terms: ['email', 'e mail', 'mail address', 'email addr'],
    types: texts,
    confidence: 0.9,
    tails: ['id', 'from', 'to', 'cc', 'bcc'],
  },
  { label: 'pii.email', terms: ['mail'], types: texts, confidence: 0.5, context: 'person' },
  {
    label: 'pii.phone',
    terms: ['phone', 'telephone', 'phone number', 'mobile number', 'cell number', 'msisdn', 'cellphone', 'whatsapp'],
    types: textsAndNumbers,
    confidence: 0.9,
    tails: ['e164', 'extension', 'ext'],
  },
  {
    label: 'pii.phone',
    terms: ['mobile', 'tel', 'cell', 'fax'],
    types: textsAndNumbers,
    confidence: 0.6,
    context: 'person',
  },
  {
    label: 'pii.name',
    terms: [
      'first name',
      'last name',
      'full name',
      'middle name',
      'given name',
      'family name',
      'maiden name',
      'surname',
      'forename',
      'lastname',
      'firstname',
      'fullname',
      'legal name',
      'cardholder',
      'card holder',
    ],
    types: texts,
    confidence: 0.85,
    tails: ['name', 'kana', 'kanji', 'latin'],
  },
  {
    label: 'pii.name',
    terms: ['name'],
    types: texts,
    confidence: 0.55,
    context: 'person',
    heads:
      'file host domain event product item category group role team department company organization organisation project plan tag label table column field schema database app application city country region state street type brand model class code user login nick bucket queue topic job task service server device account display short'.split(
        ' ',
      ),
  },
  {
    label: 'pii.birth_date',
    terms: ['dob', 'birth date', 'birthdate', 'date of birth', 'birthday', 'birth day', 'born on', 'born at', 'born'],
    types: ['date', 'text', 'number'],
    confidence: 0.95,
  },
  {
    label: 'pii.national_id',
    terms: [
      'ssn',
      'social security',
      'social insurance',
      'national id',
      'national identifier',
      'national identity',
      'national insurance',
      'nino',
      'passport',
      'driver license',
      'drivers license',
      'driver licence',
      'drivers licence',
      'driving licence',
      'driving license',
      'identity card',
      'id card',
      'personal id',
      'personnummer',
      'pesel',
      'cpf',
      'bsn',
      'aadhaar',
      'codice fiscale',
      'nhs number',
      'steuer id',
      'citizen id',
    ],
    types: textsAndNumbers,
    confidence: 0.9,
    tails: ['id', 'last4'],
  },
  {
    label: 'pii.national_id',
    terms: ['tax id', 'tin', 'taxpayer id'],
    types: textsAndNumbers,
    confidence: 0.6,
    tails: ['id'],
  },
  {
    label: 'pii.address',
    terms: [
      'address',
      'addr',
      'street',
      'street address',
      'postal address',
      'residence',
      'address line',
      'house number',
    ],
    types: ['text', 'json'],
    confidence: 0.75,
    heads: notAPlace,
    tails: ['line', 'street', 'line1', 'line2', 'line3'],
  },
  {
    label: 'pii.address',
    terms: ['zip', 'zip code', 'zipcode', 'postal code', 'postcode', 'post code'],
    types: textsAndNumbers,
    confidence: 0.5,
    context: 'person',
  },
  {
    label: 'pii.ip_address',
    terms: ['ip', 'ip addr', 'ip address', 'ipv4', 'ipv6', 'remote addr', 'client addr'],
    types: ['text', 'network', 'number'],
    confidence: 0.85,
    tails: ['v4', 'v6'],
  },
  {
    label: 'pci.pan',
    terms: [
      'card number',
      'cardnumber',
      'card no',
      'card num',
      'cc number',
      'cc num',
      'ccnum',
      'credit card',
      'debit card',
      'credit card number',
      'primary account number',
      'card pan',
    ],
    types: textsAndNumbers,
    confidence: 0.9,
  },
  {
    label: 'pci.pan',
    terms: ['pan', 'cvv', 'cvv2', 'cvc', 'cvc2'],
    types: textsAndNumbers,
    confidence: 0.7,
    context: 'payment',
  },
  {
    label: 'pci.iban',
    terms: ['iban', 'bank account', 'bank account number'],
    types: textsAndNumbers,
    confidence: 0.9,
  },
  {
    label: 'pci.iban',
    terms: ['account number', 'account no'],
    types: textsAndNumbers,
    confidence: 0.6,
    context: 'payment',
  },
  {
    label: 'hr.salary',
    terms: [
      'salary',
      'salaries',
      'wage',
      'wages',
      'pay rate',
      'base pay',
      'gross pay',
      'net pay',
      'annual income',
      'remuneration',
    ],
    types: ['number', 'text'],
    confidence: 0.9,
    tails: ['amount', 'cents', 'usd', 'eur', 'gbp', 'gross', 'net', 'annual', 'monthly', 'hourly', 'base', 'yearly'],
  },
  {
    label: 'hr.salary',
    terms: ['compensation', 'bonus', 'income'],
    types: ['number', 'text'],
    confidence: 0.55,
    context: 'person',
  },
  {
    label: 'secret.password',
    terms: ['password', 'passwd', 'pwd', 'passphrase', 'pass phrase', 'password hash', 'hashed password', 'pass hash'],
    types: texts,
    confidence: 0.95,
    tails: ['salt', 'bcrypt', 'argon2', 'scrypt'],
  },
  {
    label: 'secret.token',
    terms: [
      'api key',
      'apikey',
      'api token',
      'access token',
      'refresh token',
      'auth token',
      'session token',
      'bearer token',
      'secret key',
      'client secret',
      'webhook secret',
      'private key',
      'signing key',
      'encryption key',
      'signing secret',
      'otp secret',
      'totp secret',
      'recovery code',
      'recovery codes',
      'reset token',
      'access key',
    ],
    types: secrets,
    confidence: 0.9,
    tails: ['secret', 'pem'],
    heads: ['public'],
  },
  {
    label: 'secret.token',
    terms: ['token', 'secret'],
    types: secrets,
    confidence: 0.75,
    heads: ['public', 'csrf', 'page', 'next', 'cursor', 'continuation'],
  },
  {
    label: 'pii.free_text',
    terms: ['notes', 'note', 'remarks', 'comments', 'bio', 'medical history'],
    types: ['text', 'json'],
    confidence: 0.35,
    context: 'person',
  },
  {
    label: 'pii.free_text',
    terms: ['payload', 'body', 'request body', 'data'],
    types: ['json'],
    confidence: 0.35,
    context: 'event',
  },
];
