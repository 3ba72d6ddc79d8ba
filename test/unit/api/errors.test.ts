import { StepTooLong } from '../../../runtime/database';
import { Problem, PROBLEMS, toProblem, type ProblemType } from '../../../api/kernel/errors';

const withCode = (code: string | number, extra: object = {}) =>
  Object.assign(new Error('words of a stranger'), { code }, extra);
const grpc = (code: number) => withCode(code, { details: '', metadata: {} });

test.each<[string, unknown, ProblemType]>([
  ['a refused connection', withCode('ECONNREFUSED'), 'unavailable'],
  ['a closed connection', withCode('CONNECTION_CLOSED'), 'unavailable'],
  ['a PostgreSQL that is starting', withCode('57P03'), 'unavailable'],
  ['an unavailable Temporal', grpc(14), 'unavailable'],
  ['a Temporal that takes too long', new Error('wrapped', { cause: grpc(4) }), 'unavailable'],
  ['a call that Temporal refuses', grpc(3), 'internal_error'],
  ['a violated constraint', withCode('23505'), 'internal_error'],
  ['a bug', new TypeError('x is not a function'), 'internal_error'],
  ['a thrown string', 'words of a stranger', 'internal_error'],
  ['a body that cannot be parsed', Object.assign(new Error(), { status: 400 }), 'malformed_request'],
  ['a problem', new Problem('forbidden'), 'forbidden'],
])('%s is answered as what it is, without its words', (_, error, type) => {
  const problem = toProblem(error);
  const [status, title] = PROBLEMS[type];
  expect(JSON.parse(JSON.stringify(problem))).toEqual({ type: `urn:countersign:problem:${type}`, status, title });
  expect(problem.headers['Retry-After']).toBe(type === 'unavailable' ? '2' : undefined);
});

test('a change that PostgreSQL undid, or did not come to in time, says that others were in the way, and how to send it again', () => {
  const late = ['40P01', '40001', '55P03', '57014'].map((code) => withCode(code));
  for (const error of [...late, new StepTooLong('A step took longer than 4000 ms.')])
    expect(toProblem(error)).toMatchObject({
      type: 'unavailable',
      details: { detail: expect.stringContaining('Send it again, under the same Idempotency-Key') },
      headers: { 'Retry-After': '2' },
    });
});
