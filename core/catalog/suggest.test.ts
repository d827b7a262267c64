import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { suggestLabel, wordsOf } from './suggest.ts';

const labelOf = (relation: string, column: string, type = 'text') =>
  suggestLabel({ schema: 'public', relation, column, type })?.label ?? null;

describe('names that give a column away', () => {
  test.each([
    ['customers', 'email', 'text', 'pii.email'],
    ['customers', 'customerEmailAddress', 'text', 'pii.email'],
    ['orders', 'billing_e_mail', 'character varying(320)', 'pii.email'],
    ['users', 'email2', 'text', 'pii.email'],
    ['customers', 'phone', 'text', 'pii.phone'],
    ['customers', 'mobile', 'text', 'pii.phone'],
    ['suppliers', 'phone_number', 'bigint', 'pii.phone'],
    ['customers', 'full_name', 'text', 'pii.name'],
    ['patients', 'surname', 'text', 'pii.name'],
    ['employees', 'name', 'text', 'pii.name'],
    ['orders', 'customer_name', 'text', 'pii.name'],
    ['customers', 'date_of_birth', 'date', 'pii.birth_date'],
    ['t', 'dob', 'timestamp without time zone', 'pii.birth_date'],
    ['customers', 'ssn', 'text', 'pii.national_id'],
    ['employees', 'national_id', 'text', 'pii.national_id'],
    ['travellers', 'passport_no', 'text', 'pii.national_id'],
    ['customers', 'address', 'text', 'pii.address'],
    ['orders', 'shipping_address_line1', 'text', 'pii.address'],
    ['customers', 'zip_code', 'text', 'pii.address'],
    ['logins', 'ip_address', 'text', 'pii.ip_address'],
    ['logins', 'client', 'inet', 'pii.ip_address'],
    ['payment_methods', 'card_number', 'text', 'pci.pan'],
    ['payments', 'cvv', 'text', 'pci.pan'],
    ['payment_methods', 'iban', 'text', 'pci.iban'],
    ['employees', 'salary', 'numeric(10,2)', 'hr.salary'],
    ['employees', 'annual_salary_usd', 'integer', 'hr.salary'],
    ['users', 'password_hash', 'text', 'secret.password'],
    ['api_keys', 'token', 'text', 'secret.token'],
    ['integrations', 'client_secret', 'text', 'secret.token'],
    ['users', 'totpSecret', 'bytea', 'secret.token'],
    ['events_log', 'payload', 'jsonb', 'pii.free_text'],
  ])('%s.%s %s is %s', (relation, column, type, label) => {
    expect(labelOf(relation, column, type)).toBe(label);
  });
});

describe('names that only look like it', () => {
  test.each([
    ['products', 'name', 'text'],
    ['files', 'file_name', 'text'],
    ['users', 'email_template', 'text'],
    ['users', 'email_verified', 'boolean'],
    ['users', 'email_verified_at', 'timestamp with time zone'],
    ['users', 'email_count', 'integer'],
    ['users', 'email', 'integer'],
    ['products', 'phone_model', 'text'],
    ['users', 'phone_type', 'text'],
    ['usage', 'token_count', 'bigint'],
    ['usage', 'max_tokens', 'integer'],
    ['sessions', 'token_expires_at', 'timestamp with time zone'],
    ['users', 'password_changed_at', 'timestamp with time zone'],
    ['users', 'is_email', 'text'],
    ['servers', 'mac_address', 'text'],
    ['orders', 'address_id', 'bigint'],
    ['payment_methods', 'card_type', 'text'],
    ['payment_methods', 'expiry', 'text'],
    ['jobs', 'salary_currency', 'text'],
    ['hosts', 'ip_version', 'integer'],
    ['keys', 'public_key', 'text'],
    ['orders', 'shipping_status', 'text'],
    ['pages', 'next_token', 'text'],
    ['customers', 'city', 'text'],
    ['customers', 'panel', 'text'],
    ['orders', 'id', 'bigint'],
    ['t', '', 'text'],
  ])('%s.%s %s is nothing', (relation, column, type) => {
    expect(labelOf(relation, column, type)).toBeNull();
  });
});

test('a suggestion says why and how sure it is', () => {
  expect(suggestLabel({ schema: 'public', relation: 'customers', column: 'email', type: 'text' })).toEqual({
    label: 'pii.email',
    level: 'confidential',
    confidence: 0.95,
    evidence: ['the name `email` reads as `email`', 'type `text` can hold it', 'table `customers` is about people'],
  });
});

test('the way words are joined does not matter, and no name breaks it', () => {
  expect(wordsOf('customerEMail')).toEqual(['customer', 'e', 'mail']);
  expect(wordsOf('IPAddress')).toEqual(['ip', 'address']);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.string(), (column, relation, type) => {
      const found = suggestLabel({ schema: 's', relation, column, type });
      return found === null || (found.confidence > 0 && found.confidence < 1);
    }),
  );
});
