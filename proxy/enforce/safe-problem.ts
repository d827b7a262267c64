/**
 * What is left of a server's error or notice while classified values are in play: severity, SQLSTATE and a message of our own. The
 * server's words may quote values (a failing row, a duplicate key, RAISE), and so may everything else in it.
 */
import type { Hiding } from '#core/mask/detectors/hide.ts';
import type { ErrorFields } from '../postgres/wire/error.ts';

/** PostgreSQL's condition names in words, for those that statements run into. */
const conditions: Readonly<Record<string, string>> = {
  '00000': 'a notice was raised',
  '01000': 'warning',
  '0A000': 'the server does not support this',
  '21000': 'a subquery or a conflict action hit a row more than once',
  '22000': 'data exception',
  '22001': 'a value is too long for its type',
  '22003': 'a number is out of range',
  '22004': 'a null value is not allowed here',
  '22007': 'invalid format of a date or time',
  '22008': 'a date or time is out of range',
  '22011': 'a substring has an invalid length',
  '22012': 'division by zero',
  '22023': 'invalid parameter value',
  '22025': 'invalid escape sequence',
  '22P02': 'invalid text representation of a value',
  '22P03': 'invalid binary representation of a value',
  '22P05': 'a character cannot be converted',
  '23000': 'integrity constraint violation',
  '23001': 'restrict violation',
  '23502': 'a null value violates a not-null constraint',
  '23503': 'foreign key violation',
  '23505': 'a duplicate value violates a unique constraint',
  '23514': 'check constraint violation',
  '23P01': 'exclusion constraint violation',
  '25001': 'there is a transaction in progress',
  '25006': 'the transaction is read-only',
  '25P01': 'there is no transaction in progress',
  '25P02': 'current transaction is aborted, commands ignored until end of transaction block',
  '26000': 'the prepared statement does not exist',
  '2BP01': 'other objects depend on it',
  '34000': 'the cursor or portal does not exist',
  '40001': 'could not serialize access',
  '40P01': 'deadlock detected',
  '42501': 'permission denied',
  '42601': 'syntax error',
  '42701': 'a column of that name is there already',
  '42703': 'a column does not exist',
  '42704': 'an object does not exist',
  '42710': 'an object of that name is there already',
  '42804': 'datatype mismatch',
  '42883': 'a function or operator does not exist',
  '42P01': 'a relation does not exist',
  '42P07': 'a relation of that name is there already',
  '42P18': 'the datatype of a parameter is not determined',
  '44000': 'with check option violation',
  '53100': 'disk full',
  '53200': 'out of memory',
  '54000': 'program limit exceeded',
  '54001': 'statement too complex',
  '55000': 'object not in prerequisite state',
  '55P03': 'a lock is not available',
  '57014': 'canceling statement due to user request or timeout',
  '57P01': 'terminating connection due to administrator command',
  P0001: 'an exception was raised',
  P0002: 'no data found',
  P0003: 'too many rows',
};

const withheld = 'what the database says of it is withheld, because masked columns are involved';

/** Letters of fields that cannot hold a value. */
const harmless = ['S', 'V', 'C'] as const;

/** Message, detail, hint, context and the query that the server ran by itself. */
const worded: ReadonlySet<string> = new Set(['M', 'D', 'H', 'W', 'q']);

/** The server's own words, but for finds of detectors in them. The same fields when there are none. */
export function hideInProblem(fields: ErrorFields, hiding: Hiding): ErrorFields {
  const shown = new Map([...fields].map(([letter, value]) => [letter, worded.has(letter) ? hiding(value) : value]));
  return [...fields].every(([letter, value]) => shown.get(letter) === value) ? fields : shown;
}

export function reduceProblem(fields: ErrorFields): ErrorFields {
  const code = fields.get('C') ?? 'XX000';
  const reduced = new Map<string, string>();
  for (const letter of harmless) {
    const value = fields.get(letter);
    if (value !== undefined) reduced.set(letter, value);
  }
  reduced.set('M', conditions[code] ?? `the database reports condition ${code.replace(/[^0-9A-Z]/g, '')}`);
  reduced.set('D', withheld);
  return reduced;
}
