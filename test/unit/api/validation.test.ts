import { z } from 'zod';
import type { FieldError } from '../../../api/kernel/errors';
import {
  date,
  email,
  id,
  limit,
  line,
  longText,
  npi,
  describeDate,
  pageQuery,
  postalCode,
  state,
  timeZone,
  requireUnique,
  url,
} from '../../../api/kernel/schemas';
import { describeConfirmation, contact } from '../../../api/applications/actions-schemas';
import { FACT_VALUES } from '../../../api/billing/fact-schemas';
import { applicationInput } from '../../../api/applications/applications-schemas';
import { checkValue } from '../../../api/kernel/validation';

function errorsOf(schema: z.ZodType, value: unknown): FieldError[] {
  const errors: FieldError[] = [];
  checkValue(schema, value, errors);
  return errors;
}
const rulesOf = (schema: z.ZodType, value: unknown): string[] => errorsOf(schema, value).map(({ rule }) => rule);

test.each<[string, z.ZodType, unknown[], [value: unknown, rule: string][]]>([
  [
    'a line',
    line,
    ['x', 'Ω 🙂', '🙂'.repeat(200), ' padded '],
    [
      ['', 'min_length'],
      ['x'.repeat(201), 'max_length'],
      ['a\nb', 'no_control_characters'],
      ['a\u2028b', 'no_control_characters'],
      ['\ud800', 'no_control_characters'],
      [' \u00a0', 'not_blank'],
      [7, 'type'],
      [null, 'type'],
      [undefined, 'required'],
    ],
  ],
  [
    'text',
    longText,
    ['a\nb\r\n\tc', 'x'.repeat(10_000)],
    [
      ['a\u0000b', 'no_control_characters'],
      ['\u001b[1m', 'no_control_characters'],
      ['\udfff', 'no_control_characters'],
      ['x'.repeat(10_001), 'max_length'],
      ['', 'min_length'],
    ],
  ],
  [
    'a date',
    date,
    ['2024-02-29', '1900-01-01', '9999-12-31'],
    [
      ['2025-02-29', 'real_date'],
      ['2024-02-30', 'real_date'],
      ['2024-1-1', 'real_date'],
      ['0000-01-01', 'real_date'],
      ['2024-01-01T00:00:00Z', 'real_date'],
      [20240101, 'type'],
    ],
  ],
  [
    'a past date',
    describeDate('AttestationInput.attestedOn'),
    ['2024-02-29'],
    [
      ['2999-01-01', 'not_in_future'],
      ['2999-13-01', 'real_date'],
    ],
  ],
  [
    'a postal code',
    postalCode,
    ['02134', '021341234', '02134-1234'],
    [
      ['2134', 'postal_code'],
      ['02134-123', 'postal_code'],
      ['02134 1234', 'postal_code'],
      [2134, 'type'],
    ],
  ],
  [
    'a state',
    state,
    ['CA', 'DC', 'PR'],
    [
      ['ca', 'one_of'],
      ['California', 'one_of'],
      [undefined, 'required'],
    ],
  ],
  [
    'an NPI',
    npi,
    ['1234567893'],
    [
      ['1234567898', 'npi_check_digit'],
      [' 1234567893', 'npi_check_digit'],
      [1234567893, 'type'],
    ],
  ],
  [
    'an email address',
    email,
    ['a@example.org'],
    [
      ['a@b', 'email'],
      ['a b@example.org', 'email'],
      [`${'a'.repeat(200)}@example.org`, 'max_length'],
    ],
  ],
  [
    'a time zone',
    timeZone,
    ['America/New_York', 'America/Argentina/Buenos_Aires', 'UTC'],
    [
      ['EST', 'iana_time_zone'],
      ['+05:00', 'iana_time_zone'],
      ['america/new_york', 'iana_time_zone'],
      ['Mars/Base', 'iana_time_zone'],
    ],
  ],
  [
    'a URL',
    url,
    ['https://example.com/a?b=c', 'https://example.com/@kim?mail=kim@example.com'],
    [
      ['javascript:alert(1)', 'url'],
      ['example.com', 'url'],
      ['https://a b', 'url'],
      ['https://kim:secret@example.com/a', 'no_password'],
      ['https://kim@example.com/a', 'no_password'],
      ['https://:secret@example.com/a', 'no_password'],
    ],
  ],
  [
    'an id',
    id,
    ['7f2c4a52-61d3-4b0e-9a47-0d9c3c1f5e11'],
    [
      ['7', 'unknown_reference'],
      ['7F2C4A52-61D3-4B0E-9A47-0D9C3C1F5E11', 'unknown_reference'],
    ],
  ],
  [
    'a limit',
    limit,
    [undefined, '1', '200'],
    [
      ['0', 'limit'],
      ['201', 'limit'],
      ['1.5', 'limit'],
      ['1e2', 'limit'],
      [' 5', 'limit'],
    ],
  ],
])('%s', (_, schema, good, bad) => {
  for (const value of good) expect([value, errorsOf(schema, value)]).toEqual([value, []]);
  for (const [value, rule] of bad) expect([value, rulesOf(schema, value)]).toEqual([value, [rule]]);
});

test('a page has fifty items where nothing is asked, and begins where the cursor says', () => {
  expect(pageQuery.parse({})).toEqual({ limit: 50 });
  const position = [1, '7f2c4a52-61d3-4b0e-9a47-0d9c3c1f5e11'];
  const cursor = Buffer.from(JSON.stringify(position)).toString('base64url');
  expect(pageQuery.parse({ cursor, limit: '3' })).toEqual({ limit: 3, cursor: position });
  for (const forged of ['', 'x', Buffer.from('[-1,"7"]').toString('base64url')])
    expect(rulesOf(pageQuery, { cursor: forged })).toEqual(['cursor']);
});

test('every bad field is reported, at any depth, each by its own path', () => {
  const schema = z.strictObject({
    name: line,
    inner: z.array(z.strictObject({ on: date, kind: z.enum(['a', 'b']) })).min(1),
    union: z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('a') }),
      z.strictObject({ type: z.literal('b') }),
    ]),
    many: requireUnique(z.array(line), (item) => item),
    count: z.int().min(1),
    flag: z.boolean(),
  });
  const value = {
    name: '',
    inner: [{ on: 'x', kind: 'c', extra: 1 }, 5],
    union: { type: 'c' },
    many: ['x', 'x'],
    count: 0,
    'a field of another\nkind': 1,
  };
  expect(
    errorsOf(schema, value)
      .map(({ path, rule }) => `${path} ${rule}`)
      .sort(),
  ).toEqual([
    '? unknown_field',
    'count minimum',
    'flag required',
    'inner.0.extra unknown_field',
    'inner.0.kind one_of',
    'inner.0.on real_date',
    'inner.1 type',
    'many.1 unique',
    'name min_length',
    'union.type one_of',
  ]);
  expect(rulesOf(schema.pick({ inner: true }), { inner: [] })).toEqual(['min_items']);
});

test('a rule between fields is judged beside fields that are bad', () => {
  const rules = (schema: z.ZodType, value: unknown) =>
    errorsOf(schema, value)
      .map(({ path, rule }) => `${path} ${rule}`)
      .sort();
  expect(rules(applicationInput, {})).toEqual([
    'payerId required',
    'practiceId required',
    'providerId required',
    'state required',
  ]);
  const adopt = { stage: 'confirmed', submittedOn: '2026-02-01', stageSince: '2026-01-01', lastContactOn: 5 };
  expect(rules(applicationInput, { kind: 'new_group', providerId: 5, state: 'CA', adopt })).toEqual([
    'adopt.confirmations.claimsRoute required',
    'adopt.confirmations.contract required',
    'adopt.lastContactOn type',
    'adopt.stageSince not_before',
    'payerId required',
    'practiceId required',
    'providerId not_for_this_kind',
    'providerId type',
  ]);
  expect(rules(contact, { outcome: 'received', missingItems: ['W-9'] })).toEqual([
    'channel required',
    'missingItems information_requested_only',
  ]);
  expect(rules(describeConfirmation('contract'), { value: 5, source: 'phone', reference: 'C-1' })).toEqual([
    'confirmedOn required',
    'rep phone_needs_rep',
    'source contract_never_by_phone',
    'value one_of',
  ]);
  expect(rules(describeConfirmation('effectiveDate'), { value: '2026-02-30', source: 'phone' })).toEqual([
    'confirmedOn required',
    'reference required',
    'rep phone_needs_rep',
    'value real_date',
  ]);
});

test.each([
  null,
  5,
  'x',
  [],
  { kind: 'constructor', adopt: null },
  { adopt: { stage: 'confirmed', confirmations: null } },
])('a rule between fields takes %j for what it is', (value) => {
  expect(errorsOf(applicationInput, value).length).toBeGreaterThan(0);
  expect(JSON.stringify(errorsOf(applicationInput, value))).not.toContain('constructor');
});

test('no message quotes what was sent', () => {
  const secret = 'SECRET-123';
  const schema = z.strictObject({ line, date, state, npi, url, kind: z.literal('a') });
  const sent = Object.fromEntries(Object.keys(schema.shape).map((name) => [name, `${secret}\n`]));
  const named = { [`${secret} of theirs`]: '' };
  const errors = [...errorsOf(schema, sent), ...errorsOf(z.record(line, line), named)];
  expect(errors).toHaveLength(7);
  expect(JSON.stringify(errors)).not.toContain(secret);
});

describe('what fits none of several forms', () => {
  test('is judged by the form that it comes closest to, field by field', () => {
    const value = (of: unknown) =>
      errorsOf(z.strictObject({ value: FACT_VALUES.claimsRoute }), { value: of }).map(
        ({ path, rule }) => `${path} ${rule}`,
      );
    expect(value({ clearinghouse: 'availity' })).toEqual(['value.payerId required']);
    expect(value({ portal: '' })).toEqual(['value.portal min_length']);
    expect(value({ portal: 'x', note: 'y' })).toEqual(['value.note unknown_field']);
    expect(value({ paperAddress: { line1: 'PO Box 1', city: 'Springfield', state: 'CA' } })).toEqual([
      'value.paperAddress.postalCode required',
    ]);
    expect(errorsOf(FACT_VALUES.payerProviderId, '')).toEqual([
      { path: '', rule: 'min_length', message: 'must have at least 1 character' },
    ]);
  });

  test('and resembles none is answered with the forms that there are', () => {
    const message = 'must be "executed", {none: true, basis, saidBy} or {inheritedFrom}';
    for (const value of ['signed', 5, {}, [], { other: 1 }])
      expect(errorsOf(FACT_VALUES.contract, value)).toEqual([{ path: '', rule: 'one_of', message }]);
  });
});

test('a message counts in plain English, and names the rule that matters', () => {
  for (const wrong of ['x', '', 'łucja@example.org', 'office@bücher.example'])
    expect(errorsOf(email, wrong)).toEqual([
      { path: '', rule: 'email', message: expect.stringMatching(/in ASCII letters, .* xn-- form$/) },
    ]);
  expect(errorsOf(email, 'office@xn--bcher-kva.example')).toEqual([]);
  const messages = (schema: z.ZodType, value: unknown) => errorsOf(schema, value).map(({ message }) => message);
  expect(messages(line, '')).toEqual(['must have at least 1 character']);
  expect(messages(z.array(line).min(1), [])).toEqual(['must have at least 1 item']);
  expect(messages(z.array(line).min(2), ['x'])).toEqual(['must have at least 2 items']);
  expect(messages(z.literal(true), false)).toEqual(['must be true']);
});

test('what is there twice is found beside an item that is bad', () => {
  expect(
    rulesOf(
      requireUnique(z.array(line), (item) => item),
      ['x', 5, 'x', null, null],
    ),
  ).toEqual(['type', 'type', 'type', 'unique']);
});
