import { Client, Connection } from '@temporalio/client';
import postgres from 'postgres';
import { SEARCH_ATTRIBUTES } from '../../domain/kernel/search-attributes';
import { createTestDatabase, readDevServerAddress, createSkippingEnvironment } from '../support/servers';

const tablesOf = async (url: string) => {
  const sql = postgres(url, { max: 1 });
  try {
    const rows = await sql<
      { name: string }[]
    >`select table_name as name from information_schema.tables where table_schema = 'public'`;
    return rows.map((row) => row.name);
  } finally {
    await sql.end();
  }
};

test('a test database is migrated and apart from every other', async () => {
  const [one, other] = [await createTestDatabase(), await createTestDatabase()];
  const sql = postgres(one.url, { max: 1 });
  await sql`create table mine ()`;
  await sql.end();
  expect(await tablesOf(one.url)).toEqual(expect.arrayContaining(['applications', 'mine']));
  expect(await tablesOf(other.url)).not.toContain('mine');
  await one.drop();
  await other.drop();
  await expect(tablesOf(one.url)).rejects.toMatchObject({ code: '3D000' });
});

test('the dev server knows the search attributes', async () => {
  const connection = await Connection.connect({ address: readDevServerAddress() });
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
  expect(Object.keys(customAttributes ?? {})).toEqual(expect.arrayContaining(Object.keys(SEARCH_ATTRIBUTES)));
  expect(await new Client({ connection }).workflow.count('WorkflowType = "none"')).toMatchObject({ count: 0 });
  await connection.close();
});

test('time skips on the skipping server', async () => {
  const environment = await createSkippingEnvironment();
  const before = await environment.currentTimeMs();
  await environment.sleep('200 days');
  expect((await environment.currentTimeMs()) - before).toBeGreaterThanOrEqual(200 * 86_400_000);
  await environment.teardown();
});
