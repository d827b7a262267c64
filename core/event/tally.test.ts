/** What counts as a mistake of the writer, and what as a refusal by policy. */
import { expect, it } from 'vitest';
import { errorTable } from '../contract/error.ts';
import { tallyOf } from './tally.ts';

const mistakes = [
  'syntax_error',
  'undefined_table',
  'undefined_column',
  'ambiguous_column',
  'undefined_function',
  'undefined_object',
] as const;
const refusals = [
  'refused',
  'unresolved',
  'approval_denied',
  'budget_exhausted',
  'statement_too_complex',
  'bundle_expired',
  'recording_failed',
  'unsupported',
  'invalid_input',
] as const;

it.each(mistakes)('%s is a mistake', code => {
  expect(tallyOf('deny', 'refused', errorTable[code].sqlstate)).toBe('mistake');
});

it.each(['26000', '34000', '42P10', '42712'])('so is the name or the place that SQLSTATE %s says is wrong', state => {
  expect(tallyOf('deny', 'refused', state)).toBe('mistake');
});

it.each(refusals)('%s counts as denied', code => {
  expect(tallyOf('deny', 'refused', errorTable[code].sqlstate)).toBe('deny');
});

it('counts as denied what has not ended, or of which nobody knows why it failed', () => {
  expect(tallyOf('deny', null, null)).toBe('deny');
  expect(tallyOf('deny', 'refused', null)).toBe('deny');
  expect(tallyOf('deny', 'unknown', '42601')).toBe('deny');
  expect(tallyOf('deny', 'refused', '25P02')).toBe('deny');
});

it('leaves alone what was not denied: an error of the database is none of a rule', () => {
  expect(tallyOf('allow', 'error', '42601')).toBe('allow');
  expect(tallyOf('approve', 'refused', '42601')).toBe('approve');
});
