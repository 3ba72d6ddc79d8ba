import { randomUUID } from 'node:crypto';
import { TestApi } from '../support/api';
import { daysAhead } from '../support/system';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
});
afterAll(() => api.stop());

const ROUNDS = 12;
const AT_ONCE = 8;

/** The statuses of requests that are sent together, round after round. */
async function statusesOf(send: (n: number) => Promise<{ status: number }>): Promise<Set<number>> {
  const seen = new Set<number>();
  for (let round = 0; round < ROUNDS; round += 1)
    for (const { status } of await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => send(round * AT_ONCE + i))))
      seen.add(status);
  return seen;
}

test('callers who replace what is known of platforms at once all succeed, and the last one’s is what stays', async () => {
  const item = (platform: string) => ({
    platform,
    question: 'control_terms',
    source: 'their terms',
    asOf: daysAhead(-30),
    answer: 'no',
  });
  const put = (n: number) => api.put('/v1/platform-knowledge', { items: [item(n % 2 ? 'Alma' : 'Grow')] });
  expect(await statusesOf(put)).toEqual(new Set([200]));
  expect((await api.get('/v1/platform-knowledge')).body.items).toHaveLength(1);
});

test('two users who are made each other’s substitute at once stand in nobody’s way', async () => {
  const user = async () =>
    (await api.make('/v1/users', { name: 'Dana', email: `${randomUUID()}@operator.example`, role: 'specialist' })).id;
  const pairs = await Promise.all(Array.from({ length: ROUNDS }, async () => [await user(), await user()]));
  const dates = { fromOn: daysAhead(1), untilOn: daysAhead(5) };
  const seen = await statusesOf((n) => {
    const [one, other] = pairs[Math.floor(n / AT_ONCE)]!;
    const [owner, substitute] = n % 2 ? [one, other] : [other, one];
    return api.post(`/v1/users/${owner}/covers`, { substitute, ...dates });
  });
  // of those for the same days the first is taken
  expect(seen).toEqual(new Set([201, 409]));
});
