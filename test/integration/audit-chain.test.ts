import { addRoot, linkEntries, verifyAuditLog } from '../../record/operations/audit-chain';
import { purgeDueData } from '../../record/offboarding/retention';
import type { Tx } from '../../runtime/database';
import { CLIENT, PROVIDER, TestApi } from '../support/api';
import { inventNpi } from '../support/file';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
});
afterAll(() => api.stop());

const seal = async () => {
  while ((await linkEntries(api.deps.sql)) > 0);
  return addRoot(api.deps.sql, { everySeconds: 0 });
};
const verify = (roots?: string[]) => verifyAuditLog(api.deps.sql, roots);

/** A client with five entries of its own. */
async function clientWithEntries(): Promise<string> {
  const { id } = await api.make('/v1/clients', CLIENT);
  for (let n = 0; n < 4; n += 1) await api.patch(`/v1/clients/${id}`, { name: `Elm ${n}` });
  return id;
}

const linksOf = (clientId: string) => api.deps.sql<{ id: number; place: number; entryId: number }[]>`
  select id, place, entry_id from audit_links where chain = ${clientId} order by place`;

/** Verifies what a superuser rewrote, and undoes it. */
async function verifyRewritten(change: (tx: Tx) => Promise<unknown>, roots?: string[]) {
  const { sql } = api.deps;
  const tables = ['audit_log', 'audit_links', 'audit_roots', 'audit_unlinked'];
  await sql.begin(async (tx) => {
    for (const table of tables) await tx`create table ${tx(`kept_${table}`)} as table ${tx(table)}`;
    await tx`set local session_replication_role = replica`;
    await change(tx);
  });
  const verified = await verify(roots);
  await sql.begin(async (tx) => {
    await tx`set local session_replication_role = replica`;
    for (const table of tables) {
      await tx`delete from ${tx(table)}`;
      await tx`insert into ${tx(table)} overriding system value select * from ${tx(`kept_${table}`)}`;
      await tx`drop table ${tx(`kept_${table}`)}`;
    }
  });
  return verified;
}

test('entries are linked after the fact, each client’s in order; what has no link or root yet is not sealed, and not broken', async () => {
  await seal();
  const before = await verify();
  expect(before).toMatchObject({ unlinked: { count: 0, since: null }, withoutRoot: 0, broken: null });
  const [one, other] = [await clientWithEntries(), await clientWithEntries()];
  await api.patch(`/v1/clients/${one}`, { name: 'Last' });
  expect(await verify()).toMatchObject({
    unlinked: { count: 11 },
    withoutRoot: 0,
    entries: before.entries,
    broken: null,
  });
  expect(await linkEntries(api.deps.sql)).toBe(11);
  expect(await verify()).toMatchObject({
    unlinked: { count: 0 },
    withoutRoot: 11,
    entries: before.entries + 11,
    chains: before.chains + 2,
    broken: null,
  });
  for (const [clientId, count] of [
    [one, 6],
    [other, 5],
  ] as const) {
    const links = await linksOf(clientId);
    expect(links.map(({ place }) => place)).toEqual(Array.from({ length: count }, (_, n) => n + 1));
    const entryIds = links.map(({ entryId }) => entryId);
    expect(entryIds).toEqual(entryIds.toSorted((a, b) => a - b));
  }
  const root = await addRoot(api.deps.sql, { everySeconds: 0 });
  expect(await verify()).toMatchObject({ withoutRoot: 0, roots: before.roots + 1, lastRoot: root, broken: null });
  // nothing new, or too soon
  expect(await addRoot(api.deps.sql, { everySeconds: 0 })).toBeNull();
  await clientWithEntries();
  await linkEntries(api.deps.sql);
  expect(await addRoot(api.deps.sql, { everySeconds: 3600 })).toBeNull();
});

test('workers that link at once link every entry once', async () => {
  const ids = await Promise.all([clientWithEntries(), clientWithEntries(), clientWithEntries()]);
  await Promise.all(Array.from({ length: 4 }, seal));
  await seal();
  for (const id of ids) expect((await linksOf(id)).map(({ place }) => place)).toEqual([1, 2, 3, 4, 5]);
  expect((await verify()).broken).toBeNull();
});

test('what a superuser rewrote is found, and the first broken link is named', async () => {
  const clientId = await clientWithEntries();
  await seal();
  const links = await linksOf(clientId);
  const [, , third, fourth, last] = links;
  const at = ({ id, place, entryId }: (typeof links)[number], fault: string) => ({
    breaks: 1,
    broken: { fault, clientId, place, entryId, linkId: id, rootId: null },
  });
  const changed = await verifyRewritten(async (tx) => {
    await tx`update audit_log set detail = '{"name": "never"}' where id = ${third!.entryId}`;
  });
  expect(changed).toMatchObject(at(third!, 'entry_changed'));
  const postponed = await verifyRewritten(
    (tx) => tx`
    update audit_log set at = at + interval '1 microsecond' where id = ${fourth!.entryId}`,
  );
  expect(postponed).toMatchObject(at(fourth!, 'entry_changed'));
  const two = await verifyRewritten(
    (tx) => tx`
    update audit_log set actor = '{}' where id in ${tx([last!.entryId, third!.entryId])}`,
  );
  expect(two).toMatchObject({ ...at(third!, 'entry_changed'), breaks: 2 });
  const gone = await verifyRewritten((tx) => tx`delete from audit_log where id = ${third!.entryId}`);
  expect(gone).toMatchObject(at(third!, 'entry_missing'));
  const cut = await verifyRewritten((tx) => tx`delete from audit_links where id = ${third!.id}`);
  expect(cut.broken).toMatchObject({ fault: 'link_missing', clientId, linkId: fourth!.id });
  const relinked = await verifyRewritten((tx) => tx`update audit_links set entry_hash = hash where id = ${third!.id}`);
  expect(relinked.broken).toMatchObject({ fault: 'link_changed', linkId: third!.id });
  const slipped = await verifyRewritten(
    (tx) => tx`
    insert into audit_log (client_id, actor, action, subject_type, subject_id, outcome)
    values (${clientId}, '{}', 'client.update', 'client', ${clientId}, 'done')`,
  );
  expect(slipped).toMatchObject({ breaks: 1, broken: { fault: 'entry_unlinked' } });
  const cutOff = await verifyRewritten(async (tx) => {
    await tx`delete from audit_links where id = ${last!.id}`;
    await tx`delete from audit_log where id = ${last!.entryId}`;
  });
  expect(cutOff.broken).toMatchObject({ fault: 'root_changed', linkId: null });
  expect((await verify()).broken).toBeNull();
});

test('chains that were all made anew do not end in a root that was kept elsewhere', async () => {
  const clientId = await clientWithEntries();
  const root = await seal();
  const anew = async (tx: Tx) => {
    await tx`update audit_log set detail = '{"name": "never"}' where client_id = ${clientId}`;
    await tx`delete from audit_roots`;
    await tx`delete from audit_links`;
    await tx`insert into audit_unlinked select id from audit_log`;
  };
  const relinked = await verifyRewritten(anew);
  expect(relinked).toMatchObject({ broken: null, lastRoot: null, entries: 0 });
  expect(await verifyRewritten(anew, [root!.hash])).toMatchObject({ broken: { fault: 'root_missing' } });
  expect(await verify([root!.hash])).toMatchObject({ broken: null });
});

test('a purge after its time leaves the hashes of what it took; what went otherwise is missing', async () => {
  const { sql } = api.deps;
  const clientId = await clientWithEntries();
  await sql`update clients set ended_on = '2010-01-01' where id = ${clientId}`;
  await sql.begin(async (tx) => {
    await tx`set local session_replication_role = replica`;
    await tx`update audit_log set at = at - interval '7 years' where client_id = ${clientId}`;
  });
  const purge = () => sql.begin((tx) => purgeDueData(tx, clientId, new Date().toISOString()));
  // an entry without a link would leave no hash, and waits
  expect((await purge()).next).not.toBeNull();
  expect(await linksOf(clientId)).toHaveLength(0);
  await seal();
  expect(await purge()).toEqual({ next: null });
  await seal();
  const left = await sql`select detail->>'what' as what from audit_log where client_id = ${clientId} order by id`;
  expect(left.at(-1)).toEqual({ what: 'audit' });
  const links = await linksOf(clientId);
  expect(links).toHaveLength(5 + left.length);
  expect(await verify()).toMatchObject({ purged: 5, broken: null });
  const more = await verifyRewritten(
    (tx) => tx`
    delete from audit_log where client_id = ${clientId} and detail->>'what' = 'secrets'`,
  );
  expect(more.broken).toMatchObject({ fault: 'entry_missing', clientId });
  const denied = await verifyRewritten(
    (tx) => tx`
    delete from audit_log where client_id = ${clientId} and detail->>'what' = 'audit'`,
  );
  expect(denied.broken).toMatchObject({ fault: 'entry_missing', clientId, place: 1 });
});

test('a decision about a person whom two clients share is in the chain of each', async () => {
  const npi = inventNpi();
  const clients = [await clientWithEntries(), await clientWithEntries()];
  const providers: string[] = [];
  for (const id of clients) providers.push((await api.make(`/v1/clients/${id}/providers`, { ...PROVIDER, npi })).id);
  const check = { source: 'sam', checkedOn: '2026-01-02', result: 'confirmed', excludedOn: '2026-01-01' };
  await api.make(`/v1/providers/${providers[0]}/exclusion-checks`, check);
  await seal();
  for (const clientId of clients) {
    const [entry] = await api.deps.sql`
      select e.action from audit_links l join audit_log e on e.id = l.entry_id
      where l.chain = ${clientId} order by l.place desc limit 1`;
    expect(entry).toEqual({ action: 'exclusion.confirmed' });
  }
  expect((await verify()).broken).toBeNull();
});
