import { createLogger } from '../../../runtime/logger';

function logged(line: object): string {
  const lines: string[] = [];
  createLogger('test', 'info', { write: (text) => lines.push(text) }).info(line, 'message');
  return lines.join();
}

test('secrets are redacted by name at any depth, the rest is kept', () => {
  const line = logged({
    practice: { legalName: 'Elm Therapy', tin: { type: 'ssn', value: '123456789' } },
    headers: [{ authorization: 'Bearer abc' }],
    key: 'cs_abc',
    contactEmail: 'a@example.org',
    tinSealed: 'k1.xyz',
    adminApiKey: 'zzz',
    provider: {
      dea: [{ state: 'CA', number: 'AB1234563' }],
      formerDea: [{ state: 'CA', number: 'FX1234567' }],
      formerMalpractice: [{ policyNumber: 'P-0815' }],
      licences: [{ state: 'CA', number: 'LMFT 1' }],
      formerLicences: [{ state: 'CA', number: 'LMFT 0' }],
    },
    billing: { bank: { accountNumber: '000111' }, taxId: '98-7654321' },
  });
  for (const secret of ['123456789', 'Bearer', 'cs_abc', 'example.org', 'xyz', 'zzz', '000111', '98-76'])
    expect(line).not.toContain(secret);
  for (const secret of ['AB1234563', 'FX1234567', 'P-0815']) expect(line).not.toContain(secret);
  expect(JSON.parse(line)).toMatchObject({ name: 'test', msg: 'message', practice: { legalName: 'Elm Therapy' } });
  // a licence is public
  for (const number of ['LMFT 1', 'LMFT 0']) expect(line).toContain(number);
  expect(line).toContain('"state":"CA"');
});

test('an error keeps its stack, a refusal of PostgreSQL its code but not the row that it quotes', () => {
  expect(JSON.parse(logged({ err: new TypeError('no such thing') }))).toMatchObject({
    err: { type: 'TypeError', message: 'no such thing', stack: expect.stringContaining('logger.test') },
  });
  const refusal = Object.assign(new Error('Key (email)=(a@example.org) exists\n    at a@example.org'), {
    name: 'PostgresError',
    code: '23505',
    constraint_name: 'users_email',
    detail: 'Key (email)=(a@example.org)',
  });
  const line = logged({ err: refusal });
  expect(line).not.toContain('example.org');
  expect(JSON.parse(line)).toMatchObject({ err: { code: '23505', constraint: 'users_email' } });
});

test('of an error nothing is written down but what is named: no message of a parser, no other property, no cause in full', () => {
  const parser = (() => {
    try {
      return JSON.parse('Robin Vale');
    } catch (error) {
      return error;
    }
  })();
  const error = Object.assign(new Error('no answer', { cause: parser }), {
    code: 'E1',
    body: 'Robin Vale',
    status: 500,
  });
  const line = logged({ failed: [{ error }] });
  expect(line).not.toContain('Vale');
  expect(JSON.parse(line).failed[0].error).toEqual({
    type: 'Error',
    message: 'no answer',
    code: 'E1',
    stack: expect.stringContaining('logger.test'),
    cause: { type: 'SyntaxError', stack: expect.any(String) },
  });
});
