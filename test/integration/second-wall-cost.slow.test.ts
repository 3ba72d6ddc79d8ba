import { createDatabase, type Sql } from '../../runtime/database';
import { TestApi } from '../support/api';
import { readRoutes } from '../support/routes';
import { createSuperuserUrl } from '../support/servers';

// The cost of row security to the lists of the API: each statement that a list sends is run under its role, and by a superuser, to
// which no policy applies, on tables of more than ten thousand rows.

const CLIENTS = 40;
const EACH = 320;
/** Buffers that a list may take under a role: so many times those without row security, and so many more. */
const MOST = { times: 1.2, more: 20 };
const LARGE = 10_000;
/** Lists that take more under a role: the planner does not know how few clients its scope has. */
const KNOWN_COSTLY: Record<'scoped' | 'every', readonly string[]> = {
  scoped: ['/v1/work-queue', '/v1/work-queue/load', '/v1/events', '/v1/audit-log'],
  every: [],
};

interface Node {
  'Node Type': string;
  'Relation Name'?: string;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: Node[];
}
interface Statement {
  text: string;
  parameters: unknown[];
}

let api: TestApi;
let superuser: Sql;
let sent: Statement[] = [];
let large: Set<string>;
let scope: string;
const { routes, close } = readRoutes();
const lists = routes
  .filter(({ method, access, path }) => method === 'get' && access !== 'public' && !path.includes('{'))
  .map(({ path }) => path);

/** Rows of forty clients in the tables that grow, as many as a list has to find its page among. */
const fill = (sql: Sql): Promise<void> =>
  sql.begin(async (tx) => {
    await tx`set local session_replication_role = replica`;
    await tx`
      insert into clients (id, name, time_zone, contact_email)
      select gen_random_uuid(), 'Client ' || n, 'America/Chicago', 'c@example.org' from generate_series(1, ${CLIENTS}::int) n`;
    await tx`
      insert into practices (id, client_id, legal_name, tin_type, tin_sealed, tin_hash, tin_last4, address)
      select gen_random_uuid(), id, name || ' PC', 'ein', '', '', '1234', '{}' from clients`;
    await tx`insert into payers (id, name) select gen_random_uuid(), 'Payer ' || n from generate_series(1, 20) n`;
    await tx`insert into playbooks (payer_id, version, body) select id, 1, '{}' from payers`;
    await tx`
      insert into persons (id, npi) select gen_random_uuid(), n::text from generate_series(1, ${CLIENTS * EACH}::int) n`;
    await tx`
      insert into providers (id, client_id, person_id, first_name, last_name, email)
      select gen_random_uuid(), c.id, n.id, 'Robin', n.npi, 'p@example.org'
      from (select id, row_number() over () as place from clients) c
      join (select id, npi, row_number() over () % ${CLIENTS}::int + 1 as place from persons) n using (place)`;
    await tx`
      insert into licences (client_id, provider_id, state, number, expires_on)
      select client_id, id, 'CA', 'L', '2099-12-31' from providers`;
    await tx`
      insert into attestations (id, client_id, person_id, attested_on, source, recorded_by)
      select gen_random_uuid(), null, id, '2026-01-01', 'caqh', '{}' from persons`;
    await tx`
      insert into applications (id, client_id, provider_id, practice_id, payer_id, state, line_of_business, kind, natural_key,
        playbook_version, open, stage, waiting_on, version, rules_version, snapshot, created_at, updated_at, next_follow_up_at,
        due_at)
      select gen_random_uuid(), p.client_id, p.id, r.id, (select id from payers where p.id is not null order by random() limit 1),
        'CA', 'commercial', 'new_individual', p.id::text, 1, true, 'in_review', 'payer', 1, 1, '{}',
        now() - random() * interval '300 days', now() - random() * interval '30 days', now(), now()
      from providers p join practices r on r.client_id = p.client_id`;
    await tx`
      insert into work_items (client_id, application_id, purpose, since, due_at)
      select client_id, id, 'check_status', now() - interval '1 hour', now() - random() * interval '9 days' from applications`;
    await tx`
      insert into tasks (client_id, key, kind, subject_type, subject_id, due_at)
      select client_id, 'k' || id, 'provider_silent', 'provider', id, now() - random() * interval '9 days' from providers`;
    await tx`
      insert into audit_log (client_id, actor, action, subject_type, subject_id, outcome)
      select client_id, '{"type":"system","id":"x","name":"x"}', 'provider.create', 'provider', id::text, 'done' from providers`;
    await tx`
      insert into emitted (client_id, type, subject_id, data, seq)
      select client_id, 'application.stage_changed', id, '{}', row_number() over (order by random()) from applications`;
    await tx`
      insert into messages (client_id, key, recipient_type, recipient_id, template, not_before)
      select client_id, 'm' || id, 'provider', id, 'escalation', now() from providers`;
    await tx`
      insert into mail_batches (client_id, recipient_type, recipient_id, status, created_at)
      select client_id, 'provider', id, 'sent', now() - random() * interval '90 days' from providers`;
    await tx`
      insert into documents (id, client_id, kind, name, sha256)
      select gen_random_uuid(), client_id, 'letter', 'a letter', repeat('0', 64) from providers`;
  });

beforeAll(async () => {
  api = await TestApi.start({ watch: (text, parameters) => void sent.push({ text, parameters }) });
  superuser = createDatabase(createSuperuserUrl(api.databaseUrls.owner), { max: 1 });
  await fill(api.deps.sql);
  await superuser`vacuum analyze`;
  large = new Set(
    (
      await superuser<{ name: string }[]>`
        select relname as name from pg_class where relnamespace = 'public'::regnamespace and reltuples > ${LARGE}`
    ).map(({ name }) => name),
  );
  const [client] = await api.deps.sql<[{ id: string }]>`select id from clients order by name limit 1`;
  scope = client.id;
});
afterAll(async () => {
  await superuser.end();
  await api.stop();
  await close();
});

const isRead = ({ text }: Statement) => /^\s*(select|with)\b/i.test(text) && !/set_config|pg_advisory/.test(text);

/** How a statement is run, the second time: with everything in memory. */
async function explain(sql: Sql, { text, parameters }: Statement): Promise<Node> {
  const run = () =>
    sql.begin(async (tx) => {
      await tx`select set_config('countersign.scope', ${`{${scope}}`}, true)`;
      const [row] = await tx.unsafe<{ 'QUERY PLAN': [{ Plan: Node }] }[]>(
        `explain (analyze, buffers, format json) ${text}`,
        parameters as string[],
      );
      return row!['QUERY PLAN'][0].Plan;
    });
  await run();
  return run();
}
const countBuffers = (plan: Node) => plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
const listScanned = (plan: Node): string[] => [
  ...(plan['Node Type'] === 'Seq Scan' && large.has(plan['Relation Name']!) ? [plan['Relation Name']!] : []),
  ...(plan.Plans ?? []).flatMap(listScanned),
];

test.each(['scoped', 'every'] as const)('each list costs as %s what it costs without row security', async (role) => {
  expect(large.size).toBeGreaterThan(8);
  const key = await api.keyOf('auditor', role === 'scoped' ? [scope] : undefined);
  const sql = createDatabase(api.databaseUrls[role], { max: 1 });
  const costly: [path: string, ...unknown[]][] = [];
  const answered: [path: string, status: number][] = [];
  let compared = 0;
  for (const path of lists) {
    sent = [];
    // the answer does not fit its description: the rows have nothing but what lists look for
    const { status } = await fetch(api.url + path, { headers: { Authorization: `Bearer ${key}` } });
    answered.push([path, status]);
    for (const statement of sent.filter(isRead)) {
      const [under, without] = [await explain(sql, statement), await explain(superuser, statement)];
      compared += 1;
      const most = MOST.times * countBuffers(without) + MOST.more;
      if (countBuffers(under) > most || listScanned(under).length > listScanned(without).length)
        costly.push([
          path,
          countBuffers(under),
          countBuffers(without),
          listScanned(under),
          statement.text.slice(0, 3000),
        ]);
    }
  }
  await sql.end();
  expect(answered.filter(([, status]) => status >= 500)).toEqual([]);
  expect(compared).toBeGreaterThan(lists.length);
  expect([...new Set(costly.map(([path]) => path))]).toEqual(KNOWN_COSTLY[role]);
});
