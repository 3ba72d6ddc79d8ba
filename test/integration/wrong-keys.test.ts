import { randomUUID } from 'node:crypto';
import { TestApi, type Reply } from '../support/api';

const MOST = 30;
let api: TestApi;
const lines: string[] = [];
beforeAll(async () => {
  api = await TestApi.start({ log: (line) => lines.push(line) });
});
afterAll(() => api.stop());

const statusOf = ({ status }: Reply): number => status;

test('an address that sends many wrong keys or feed addresses waits, while keys that were right go on from there', async () => {
  const known = await api.keyOf('auditor');
  const unused = await api.keyOf('auditor');
  expect(statusOf(await api.get('/v1/payers', { key: known }))).toBe(200);
  for (let n = 0; n < MOST; n += 1) {
    const wrong = randomUUID() + randomUUID().slice(0, 7);
    const reply =
      n % 2 ? await api.get('/v1/payers', { key: wrong }) : await api.get(`/calendar/${wrong}.ics`, { key: '' });
    expect(statusOf(reply)).toBe(n % 2 ? 401 : 404);
  }
  const late = await api.get('/v1/payers', { key: 'another wrong one' });
  expect([late.status, late.body.type]).toEqual([429, 'urn:countersign:problem:too_many_wrong_keys']);
  const wait = Number(late.headers.get('Retry-After'));
  expect(wait).toBeGreaterThan(0);
  expect(wait).toBeLessThanOrEqual(60);
  expect(statusOf(await api.get(`/calendar/${'x'.repeat(43)}.ics`, { key: '' }))).toBe(429);
  expect(statusOf(await api.get('/v1/payers', { key: unused }))).toBe(429);
  expect([await api.get('/v1/payers', { key: known }), await api.get('/v1/payers')].map(statusOf)).toEqual([200, 200]);
  // a request without a key costs nothing, and counts for nothing
  expect(statusOf(await api.get('/v1/payers', { key: '' }))).toBe(401);
  expect(lines.filter((line) => line.includes('many wrong keys from one address'))).toHaveLength(1);
});
