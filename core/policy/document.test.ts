import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePolicyYaml } from './document.ts';
import { policy } from './testing.ts';

const good = `name: mask-classified
description: Nobody but owners sees classified values
connections:
  environments: [prod]
except:
  groups: [dba]
rules:
  - id: mask
    effect: mask
    objects:
      level: confidential
    mask: { kind: redact }
    masks:
      pii.email: { kind: partial, shape: email }
    unlessOwner: true
  - id: writes
    effect: approve
    actions: [write]
    objects: { labels: [pii.*] }
    when: identity.kind == "agent" || !("dba" in identity.groups)
    approvers: { owners: true }
`;

/** `line:column severity message` of each diagnostic. */
const complaints = (text: string, options = {}) =>
  parsePolicyYaml(text, options).diagnostics.map(
    each => `${each.line}:${each.column} ${each.severity} ${each.message}`,
  );

test('a good document is a policy with its defaults and no complaint', () => {
  const { policy: parsed, diagnostics } = parsePolicyYaml(good);
  expect(diagnostics).toEqual([]);
  expect(parsed).toMatchObject({
    name: 'mask-classified',
    mode: 'enforce',
    rules: [{ effect: 'mask' }, { approvers: { count: 1 } }],
  });
});

describe('complaints say where and what', () => {
  const changed = (from: string, to: string) => complaints(good.replace(from, to));
  test.each([
    ['environments', 'enviroments', ['4:3 error `enviroments` is not a field here; did you mean `environments`?']],
    [
      'effect: approve',
      'effect: aprove',
      [
        '17:13 error `aprove` is not one of the 6 possible values: allow, mask, approve, deny, limit, detect; did you mean `approve`?',
      ],
    ],
    [
      'actions: [write]',
      'actions: [wirte]',
      [expect.stringMatching(/^18:15 error `wirte` is not one of the 11 possible values: .*did you mean `write`\?$/)],
    ],
    [
      'actions: [write]',
      'hazards: [truncat]',
      [
        expect.stringMatching(
          /^18:15 error `truncat` is not one of the \d+ possible values; did you mean `truncate`\?$/,
        ),
      ],
    ],
    ['labels: [pii.*]', 'labels: [PII]', ['19:25 error `PII`: a label such as pii.email or pii.*']],
    [
      'labels: [pii.*]',
      'labels: [pii.emial]',
      ['19:25 warning no label of the product is `pii.emial`, only one of your own can be; did you mean `pii.email`?'],
    ],
    [
      'level: confidential',
      'level: secret',
      [expect.stringMatching(/^11:14 error `secret` is not one of the 4 possible values: public, internal/)],
    ],
    ['id: writes', 'id: mask', ['16:9 error another rule is called `mask` already']],
    [
      'approvers: { owners: true }',
      'approvers: {}',
      ['21:16 error `approvers`: name who may approve: owners, groups or roles'],
    ],
    ['    approvers: { owners: true }\n', '', ['16:5 error `approvers` is missing']],
    ['name: mask-classified', 'name: Mask', ['1:7 error `Mask`: lower case letters, digits and hyphens']],
    [
      'identity.kind ==',
      'identity.kin ==',
      [expect.stringMatching(/^20:20 error the condition does not hold together: No such key: kin/)],
    ],
    [
      '!("dba" in identity.groups)',
      'identity.login.matches("(a")',
      [
        expect.stringMatching(
          /^20:62 error the condition does not hold together: the pattern of matches\(\) is not valid RE2/,
        ),
      ],
    ],
    [
      'identity.kind == "agent" || !("dba" in identity.groups)',
      'size(identity.groups)',
      [expect.stringMatching(/^20:11 error .*a condition must be true or false, this is int$/)],
    ],
    [
      'identity.kind == "agent" || !("dba" in identity.groups)',
      '1 > 2',
      ['20:11 error the rule `writes` can never match: its condition is always false'],
    ],
    [
      'objects: { labels: [pii.*] }',
      'objects: { relations: [customers] }',
      ['19:28 error `customers` is not `schema.name`; write `*.customers` for every schema'],
    ],
    [
      'objects: { labels: [pii.*] }',
      'objects: { schemas: [public], relations: [hr.*] }',
      ['19:14 error the rule `writes` can never match: the names are in none of the schemas'],
    ],
    [
      'objects: { labels: [pii.*] }',
      'objects: { functions: [public.f], labels: [pii.*] }',
      ['19:14 error the rule `writes` can never match: functions carry no labels'],
    ],
    [
      'approvers: { owners: true }',
      'approvers: { roles: [developer] }',
      ['21:25 error the role `developer` may not decide on requests, so nobody could approve'],
    ],
    [
      '    objects:\n',
      '    actions: [write]\n    objects:\n',
      ['10:14 error the rule `mask` can never match: a mask applies to reading'],
    ],
    [
      'description: Nobody',
      'name: again\ndescription: Nobody',
      [expect.stringMatching(/^2:1 error this is not valid YAML: Map keys must be unique/)],
    ],
    [
      'rules:',
      'rules: [',
      [expect.stringMatching(/error this is not valid YAML/), expect.anything(), expect.anything()],
    ],
  ])('%j → %j', (from, to, expected) => {
    const found = changed(from, to);
    expect(found.slice(0, expected.length)).toEqual(expected);
    if (!to.endsWith('[')) expect(found).toHaveLength(expected.length);
  });

  test('documents that are not policies at all', () => {
    expect(complaints('')).toEqual(['1:1 error the document is empty']);
    expect(complaints('just text')).toEqual(['1:1 error `the document` must be a mapping']);
    expect(complaints('name: a\n---\nname: b')).toEqual([expect.stringContaining('not valid YAML')]);
    expect(complaints('x'.repeat(300_000))).toEqual([expect.stringContaining('longer than')]);
    expect(complaints('name: a')).toEqual(['1:1 error `rules` is missing']);
  });

  test('a document that expands without end is refused', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefgh'.split('').map((key, index) => `${key}: &${key} [${`*${'abcdefgh'[index]},`.repeat(9)}]`),
    ].join('\n');
    expect(complaints(bomb)).toEqual(['1:1 error more than 20 aliases']);
  });

  test('it is said when nothing at all would be allowed', () => {
    const allow = policy({ name: 'a', rules: [{ id: 'r', effect: 'allow' }] });
    expect(complaints(good, { others: [allow] })).toEqual([]);
    expect(complaints(good, { others: [{ ...allow, mode: 'observe' }] })).toEqual([
      '8:3 warning no policy allows anything, so everything would be denied',
    ]);
  });
});

test('no text throws, and a policy comes exactly without errors', () => {
  const mutated = fc
    .tuple(fc.nat(good.length), fc.nat(20), fc.string())
    .map(([at, cut, text]) => good.slice(0, at) + text + good.slice(at + cut));
  fc.assert(
    fc.property(fc.oneof(fc.string(), mutated), text => {
      const parsed = parsePolicyYaml(text);
      for (const { line, column } of parsed.diagnostics) if (line < 1 || column < 1) return false;
      return (parsed.policy === null) === parsed.diagnostics.some(each => each.severity === 'error');
    }),
    { numRuns: 500 },
  );
});
