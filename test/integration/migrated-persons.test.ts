import { randomUUID } from 'node:crypto';
import { findDecisiveWord, type ExclusionWord } from '../../domain/screening/exclusions';
import { selectExclusionWords } from '../../record/kernel/person-scope';
import { createDatabase, type Sql } from '../../runtime/database';
import { migrateDatabase } from '../../runtime/migrate';
import { createTestDatabase } from '../support/servers';

/** The last migration before registries and statements were distinguished. */
const BEFORE = 30;

let sql: Sql;
let url: string;
let database: Awaited<ReturnType<typeof createTestDatabase>>;
beforeEach(async () => {
  database = await createTestDatabase({ empty: true });
  ({ url } = database);
  await migrateDatabase(url, { through: BEFORE });
  sql = createDatabase(url, { max: 2 });
});
afterEach(async () => {
  await sql.end();
  await database.drop();
});

const ADMIN = { type: 'admin', id: 'admin', name: 'Administrator' };
const LIST = { type: 'system', id: 'oig_leie', name: 'OIG LEIE' };
const CAQH = { type: 'system', id: 'caqh', name: 'CAQH' };

async function key(clientIds: string[] | null) {
  const id = randomUUID();
  await sql`
    insert into api_keys ${sql({ id, name: 'a key', role: 'lead', clientIds, keyHash: Buffer.from(id), createdBy: sql.json(ADMIN) })}`;
  return { type: 'key', id, name: 'a key' };
}

/** A person at two clients. */
async function person({ caqhIds = ['1', '1'] } = {}) {
  const personId = randomUUID();
  await sql`insert into persons ${sql({ id: personId, npi: randomUUID() })}`;
  const [mine, theirs] = [await client(personId, caqhIds[0]!), await client(personId, caqhIds[1]!)];
  return { personId, mine, theirs };
}
async function client(personId: string, caqhId: string) {
  const [clientId, providerId] = [randomUUID(), randomUUID()];
  const place = { timeZone: 'UTC', contactEmail: 'a@example.org' };
  await sql`insert into clients ${sql({ id: clientId, name: 'A client', ...place })}`;
  await sql`
    insert into providers ${sql({ id: providerId, clientId, personId, firstName: 'A', lastName: 'B', email: 'a@example.org', caqhId })}`;
  return { clientId, providerId };
}
type At = Awaited<ReturnType<typeof client>>;

describe('an exclusion that was on record', () => {
  async function exclusion(personId: string, matchedBy: string) {
    const [made] = await sql<{ id: string }[]>`
      insert into exclusions ${sql({ personId, source: 'oig_leie', listing: randomUUID(), matchedBy })} returning id`;
    return made!.id;
  }
  /** One word after the other, each in the place of the one before. */
  async function stood(exclusionId: string, words: { status: string; by: object; at?: At; reinstatedOn?: string }[]) {
    for (const { status, by, at, reinstatedOn = null } of words) {
      await sql`update exclusion_standings set known_to = now() where exclusion_id = ${exclusionId} and known_to is null`;
      const row = { exclusionId, status, excludedOn: '2026-03-01', reinstatedOn, clientId: at?.clientId ?? null };
      await sql`insert into exclusion_standings ${sql({ ...row, decidedBy: sql.json({ ...by }) })}`;
    }
  }
  const statusAt = async ({ providerId }: At) => {
    const [row] = await sql<{ words: ExclusionWord[] }[]>`
      select ${selectExclusionWords(sql, { personId: sql`p.person_id`, clientId: sql`p.client_id`, practiceIds: sql`'{}'::uuid[]` })} as words
      from providers p where p.id = ${providerId}`;
    return findDecisiveWord(row!.words)?.status;
  };

  test('and dismissed by a key of one client stands again at the other', async () => {
    const { personId, mine, theirs } = await person();
    await stood(await exclusion(personId, 'npi'), [
      { status: 'confirmed', by: LIST },
      { status: 'dismissed', by: await key([mine.clientId]), at: mine },
    ]);
    await migrateDatabase(url);
    expect([await statusAt(mine), await statusAt(theirs)]).toEqual(['dismissed', 'confirmed']);
  });

  test('and confirmed by who sees every client is not lifted by a client’s later "yes", nor by one of a stranger’s', async () => {
    const { personId, mine, theirs } = await person();
    for (const by of [await key([mine.clientId]), { type: 'system', id: 'unknown', name: 'Unknown' }])
      await stood(await exclusion(personId, 'npi'), [
        { status: 'confirmed', by: LIST },
        { status: 'confirmed', by: ADMIN, at: theirs },
        { status: 'dismissed', by, at: mine },
      ]);
    await migrateDatabase(url);
    expect([await statusAt(mine), await statusAt(theirs)]).toEqual(['confirmed', 'confirmed']);
  });

  test('and dismissed by who sees every client is dismissed at both', async () => {
    const { personId, mine, theirs } = await person();
    await stood(await exclusion(personId, 'npi'), [
      { status: 'confirmed', by: LIST },
      { status: 'dismissed', by: await key(null), at: mine },
    ]);
    await migrateDatabase(url);
    expect([await statusAt(mine), await statusAt(theirs)]).toEqual(['dismissed', 'dismissed']);
  });

  test('and matched by name is asked at the client that has the name', async () => {
    const { personId, mine, theirs } = await person();
    const id = await exclusion(personId, 'name');
    await stood(id, [{ status: 'possible', by: LIST }]);
    await sql`
      insert into tasks ${sql({
        key: `exclusion_match/${id}/${mine.providerId}`,
        clientId: mine.clientId,
        kind: 'exclusion_match',
        subjectType: 'provider',
        subjectId: mine.providerId,
        dueAt: new Date().toISOString(),
      })}`;
    await migrateDatabase(url);
    expect([await statusAt(mine), await statusAt(theirs)]).toEqual(['possible', undefined]);
  });
});

describe('an attestation that was on record', () => {
  const attested = async (personId: string, { clientId }: At, more: { source: string; by: object }) => {
    const { source, by } = more;
    const row = {
      id: randomUUID(),
      personId,
      clientId,
      attestedOn: '2026-03-01',
      source,
      recordedBy: sql.json({ ...by }),
    };
    await sql`insert into attestations ${sql(row)}`;
  };
  const of = (personId: string) => sql<{ clientId: string | null }[]>`
    select client_id from attestations where person_id = ${personId} order by client_id`;

  test('is a registry’s, once, where CAQH was asked by the id that all have; otherwise a statement of each', async () => {
    const [same, other] = [await person(), await person({ caqhIds: ['1', '2'] })];
    for (const { personId, mine, theirs } of [same, other])
      for (const at of [mine, theirs]) await attested(personId, at, { source: 'caqh', by: CAQH });
    await migrateDatabase(url);
    expect(await of(same.personId)).toEqual([{ clientId: null }]);
    expect(await of(other.personId)).toHaveLength(2);
    expect(await of(other.personId)).not.toContainEqual({ clientId: null });
  });

  test('and typed by anybody is a statement', async () => {
    const { personId, mine } = await person();
    await attested(personId, mine, { source: 'caqh', by: ADMIN });
    await migrateDatabase(url);
    expect(await of(personId)).toEqual([{ clientId: mine.clientId }]);
  });
});

describe('a file of CAQH’s portal that was taken', () => {
  async function taken(by: object, { personId, mine }: Awaited<ReturnType<typeof person>>) {
    const [actor, requestId] = [sql.json({ ...by }), randomUUID()];
    const entry = { actor, requestId, subjectType: 'provider', subjectId: mine.providerId, outcome: 'done' };
    await sql.begin(async (tx) => {
      const row = { id: randomUUID(), personId, clientId: mine.clientId, attestedOn: '2026-03-01', source: 'caqh' };
      await tx`insert into attestations ${tx({ ...row, recordedBy: actor })}`;
      await tx`insert into audit_log ${tx({ ...entry, action: 'attestation.record', clientId: mine.clientId })}`;
    });
    const said = { service: 'caqh', personId, status: 'current', said: sql.json({ found: true }) };
    await sql`insert into registry_records ${sql({ ...said, checkedAt: new Date().toISOString() })}`;
    await sql`update registry_records set said_at = now() where person_id = ${personId}`;
    await sql`insert into audit_log ${sql({ ...entry, action: 'caqh_export.take', clientId: null })}`;
  }
  const kept = async (personId: string) => ({
    attestations: (await sql`select client_id from attestations where person_id = ${personId}`).map((a) => a.clientId),
    ofPerson: (await sql`select status from registry_records where person_id = ${personId}`).map((r) => r.status),
    ofClients: (await sql`select client_id from caqh_statements where person_id = ${personId}`).map((t) => t.clientId),
  });

  test('by who sees every client is the person’s; by a client’s key it is that client’s', async () => {
    const [every, one] = [await person(), await person()];
    await taken(ADMIN, every);
    await taken(await key([one.mine.clientId]), one);
    await migrateDatabase(url);
    expect(await kept(every.personId)).toEqual({ attestations: [null], ofPerson: ['current'], ofClients: [] });
    const own = [one.mine.clientId];
    expect(await kept(one.personId)).toEqual({ attestations: own, ofPerson: [null], ofClients: own });
  });
});

test('a reminder that was given is not given again through the client that gave it', async () => {
  const { personId, mine } = await person();
  await sql`
    insert into messages ${sql({
      key: `upkeep/${personId}/abc/-30`,
      recipientType: 'provider',
      recipientId: mine.providerId,
      template: 'upkeep_due',
      notBefore: new Date().toISOString(),
    })}`;
  await migrateDatabase(url);
  expect(await sql`select key, client_id from messages`).toEqual([
    { key: `upkeep/${mine.providerId}/abc/-30`, clientId: mine.clientId },
  ]);
});
