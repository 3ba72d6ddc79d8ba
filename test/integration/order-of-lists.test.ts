import { randomUUID } from 'node:crypto';
import { CLIENT, PAYER, PRACTICE, PROVIDER, TestApi } from '../support/api';
import { inventNpi } from '../support/file';

let api: TestApi;
let scope: { clientId: string; practiceId: string; payerId: string };
beforeAll(async () => {
  api = await TestApi.start();
  const { id: clientId } = await api.make('/v1/clients', CLIENT);
  const practice = await api.make(`/v1/clients/${clientId}/practices`, { ...PRACTICE, npi: inventNpi() });
  scope = {
    clientId,
    practiceId: practice.id,
    payerId: (await api.make('/v1/payers', { ...PAYER, name: randomUUID() })).id,
  };
});
afterAll(() => api.stop());

async function open(): Promise<string> {
  const { clientId, ...rest } = scope;
  const provider = await api.make(`/v1/clients/${clientId}/providers`, { ...PROVIDER, npi: inventNpi() });
  return (await api.post('/v1/applications', { ...rest, providerId: provider.id, state: 'CA' })).body.id;
}

/** All pages, with something that happens after each; as many as the cursors lead to. */
async function paged(sort: string, between: (shown: string[]) => Promise<unknown>): Promise<string[]> {
  const all: string[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const query = new URLSearchParams({ sort, clientId: scope.clientId, limit: '3', ...(cursor && { cursor }) });
    const { body } = await api.get(`/v1/applications?${query}`);
    all.push(...body.items.map(({ id }: { id: string }) => id));
    cursor = body.nextCursor;
    await between(all);
  }
  return all;
}

test('in the order of opening each application is listed once, whatever changes while the pages are read', async () => {
  const made: string[] = [];
  for (let count = 0; count < 10; count += 1) made.push(await open());
  const { sql } = api.deps;
  let late = 0;
  const listed = await paged('openedAt', async (shown) => {
    // one that was shown and one that was not change places in every other order
    await sql`
      update applications set updated_at = now(), next_follow_up_at = now() - interval '1 day', submitted_on = '2020-01-01'
      where id in (${shown[0]!}, ${made.at(-1)!})`;
    if (late < 2) made.push(await open());
    late += 1;
  });
  expect(listed).toEqual(made);
});

test('a cursor of one order is refused in another', async () => {
  const query = { clientId: scope.clientId, limit: '1' };
  const { body } = await api.get(`/v1/applications?${new URLSearchParams({ ...query, sort: 'openedAt' })}`);
  const other = new URLSearchParams({ ...query, sort: '-updatedAt', cursor: body.nextCursor });
  expect((await api.get(`/v1/applications?${other}`)).body.errors).toMatchObject([{ path: 'cursor', rule: 'cursor' }]);
});
