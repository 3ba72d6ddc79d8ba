import { compareBusinessNames } from '../../domain/kernel/business-names';
import { selectEntryId, isAmong, isUnmerged, selectUnmergedId } from '../kernel/one-entry';
import { announceFacts } from '../kernel/subscribers';
import type { Instant } from '../../domain/time/instants';
import type { Playbook } from '../../domain/registry/playbook';
import { toJson, type Db, type Sql } from '../../runtime/database';
import { recordAudit } from '../kernel/audit';
import { selectAsKnown } from '../kernel/as-of';
import type { Principal } from '../kernel/principal';
import { readPage, type Page, type PageRequest } from '../kernel/page';
import { settleTasks } from '../kernel/tasks';
import { reviseRow, type Precondition } from '../kernel/versioned-rows';
import { runUnlessViolated } from '../kernel/constraint-violation';

export interface PayerInput {
  name: string;
  aliases?: string[];
  electronicPayerIds: { clearinghouse: string; payerId: string }[];
  covers?: string[];
  playbook: Playbook;
  /** Whether it may have a name that another goes by. */
  evenIfExists?: boolean | undefined;
}

/** A payer belongs to the operator: every user who may read the registry sees all payers. */
export interface Payer extends Required<Omit<PayerInput, 'evenIfExists'>> {
  id: string;
  /** Counts the playbooks; applications pin the one that they started with. */
  playbookVersion: number;
  /** The instant since when the payer returns too many applications for the playbook to be right; null: it does not. */
  playbookSuspectSince: Instant | null;
  /** The one that stands for it. */
  mergedInto: string | null;
  version: number;
  createdAt: string;
  updatedAt: string;
}

const selectPayers = (sql: Db) => sql`
  select p.*, b.body as playbook, (
    select min(t.created_at) from tasks t
    where t.kind = 'playbook_suspect' and t.subject_id = p.id and t.closed_at is null) as playbook_suspect_since
  from payers p join playbooks b on b.payer_id = p.id and b.version = p.playbook_version`;

export type PayerOrExisting = { payer: Payer } | { existingId: string };

/**
 * Creates a payer. Repeated under the same id it changes nothing; if a payer has this name or alias, names that payer.
 */
export const createPayer = (sql: Sql, principal: Principal, id: string, input: PayerInput): Promise<PayerOrExisting> =>
  sql.begin(async (tx) => {
    const { name, aliases = [], electronicPayerIds, covers = [], playbook, evenIfExists } = input;
    const existingId = await findPayerNamed(tx, id, [name, ...aliases]);
    const isRefused = existingId !== undefined && !evenIfExists;
    const inserted = isRefused
      ? []
      : await tx`
          insert into payers ${tx({ id, name, aliases, electronicPayerIds: toJson(tx, electronicPayerIds), covers })}
          on conflict do nothing returning id`;
    if (inserted.length > 0) {
      await tx`insert into playbooks (payer_id, version, body) values (${id}, 1, ${toJson(tx, playbook)})`;
      await recordAudit(tx, principal, { action: 'payer.create', subjectType: 'payer', subjectId: id, detail: input });
    }
    const payer = await findPayer(tx, id);
    return payer ? { payer } : { existingId: existingId! };
  });

export async function findPayer(sql: Db, id: string): Promise<Payer | null> {
  const [payer] = await sql<Payer[]>`${selectPayers(sql)} where p.id = ${id}`;
  return payer ?? null;
}

/** Finds the payer that stands for one: itself, if it was not merged. */
export async function findUnmergedPayer(sql: Db, id: string): Promise<Payer | null> {
  const [payer] = await sql<Payer[]>`${selectPayers(sql)} where p.id = ${selectUnmergedId(sql, 'payers', id)}`;
  return payer ?? null;
}

export const listPayers = (sql: Db, request: PageRequest): Promise<Page<Payer>> =>
  readPage(sql, selectPayers(sql), request);

/** Updates a payer; a playbook in the patch becomes its next version: versions never change. */
export async function updatePayer(
  sql: Sql,
  principal: Principal,
  id: string,
  patch: Partial<PayerInput>,
  precondition: Precondition,
): Promise<PayerOrExisting> {
  const { playbook, electronicPayerIds, evenIfExists, ...columns } = patch;
  const payer = await runUnlessViolated('unique', () =>
    sql.begin(async (tx) => {
      const { name, aliases = [] } = columns;
      const existingId = await findPayerNamed(tx, id, [...(name === undefined ? [] : [name]), ...aliases]);
      if (existingId && !evenIfExists) return { existingId };
      const before = patch.covers && (await findPayer(tx, id));
      await reviseRow(tx, principal, 'payer', id, {
        columns: { ...columns, ...(electronicPayerIds && { electronicPayerIds: toJson(tx, electronicPayerIds) }) },
        asked: patch,
        precondition,
      });
      if (playbook) {
        await tx`
          with next as (
            update payers set playbook_version = playbook_version + 1 where id = ${id} returning playbook_version)
          insert into playbooks (payer_id, version, body)
          select ${id}, playbook_version, ${toJson(tx, playbook)} from next`;
        await settleTasks(tx, id, 'playbook_suspect');
      }
      // billing readiness of those that it stands for, or no longer does, depends on it
      if (before)
        await announceFacts(
          tx,
          'payer counted otherwise',
          tx`select a.id from applications a join payers y on y.id = a.payer_id
            where ${isAmong(tx, 'y', tx`${[...before.covers, ...patch.covers!]}::uuid[]`)}
              and a.provider_id is not null`,
        );
      return { payer: (await findPayer(tx, id))! };
    }),
  );
  return payer ?? { existingId: (await findPayerNamed(sql, id, [patch.name!]))! };
}

/** Selects those of `ids` that exist. */
export async function selectKnownPayers(sql: Db, ids: string[] = []): Promise<Set<string>> {
  const rows = await sql<{ id: string }[]>`select id from payers where id = any(${ids}::uuid[])`;
  return new Set(rows.map((row) => row.id));
}

interface PayerReference {
  payerId?: string | undefined;
  electronicPayerId?: string | undefined;
  clearinghouse?: string | undefined;
  /** The instant whose knowledge counts; left out: now. */
  asOf?: Instant | undefined;
}

/**
 * Finds which payers each reference means: the one that it names, or those that claims reach by its electronic payer
 * id.
 */
export async function findPayersByElectronicId(sql: Db, references: readonly PayerReference[]): Promise<string[][]> {
  const buildReferenceKey = ({ electronicPayerId, clearinghouse, asOf }: PayerReference) =>
    JSON.stringify([electronicPayerId, clearinghouse, asOf]);
  const electronic = references.filter(({ electronicPayerId }) => electronicPayerId !== undefined);
  const asked = [...new Map(electronic.map((reference) => [buildReferenceKey(reference), reference])).values()];
  const known = selectAsKnown(
    sql,
    asked.some(({ asOf }) => asOf !== undefined),
  );
  const rows =
    asked.length === 0
      ? []
      : await sql<{ i: number; ids: string[] }[]>`
          select q.i, array_agg(distinct p.id) as ids
          from jsonb_to_recordset(${toJson(
            sql,
            asked.map((reference, i) => ({ i, ...reference })),
          )})
              as q(i int, "electronicPayerId" text, clearinghouse text, "asOf" timestamptz),
            ${known.selectRows('payers', 'p')},
            jsonb_to_recordset(p_then.electronic_payer_ids) as e(clearinghouse text, "payerId" text)
          where p_then.electronic_payer_ids @> jsonb_build_array(jsonb_build_object('payerId', q."electronicPayerId"))
            and e."payerId" = q."electronicPayerId" and e.clearinghouse = coalesce(q.clearinghouse, e.clearinghouse)
            -- a merged payer has given its ids to the one that stays
            and ${isUnmerged(sql, 'p_then')}
          group by q.i`;
  const found = new Map(rows.map(({ i, ids }) => [buildReferenceKey(asked[i]!), ids]));
  return references.map((reference) =>
    reference.payerId ? [reference.payerId] : (found.get(buildReferenceKey(reference)) ?? []),
  );
}

/** Finds another payer that goes by one of these names or aliases, however it is written. */
async function findPayerNamed(sql: Db, id: string, names: readonly string[]): Promise<string | undefined> {
  if (names.length === 0) return undefined;
  // one after the other
  await sql`select pg_advisory_xact_lock(hashtextextended('payer names', 0))`;
  const others = await sql<{ id: string; names: string[] }[]>`
    select ${selectEntryId(sql, 'p')} as id, name || aliases as names from payers p
    where ${selectEntryId(sql, 'p')} <> ${id} and p.id <> ${id} order by created_at, id`;
  return others.find((other) => other.names.some((its) => names.some((name) => isNameOf(name, its))))?.id;
}

const isNameOf = (one: string, other: string): boolean => compareBusinessNames(one, other) !== 'differs';

/** Adds those payers whose names are not on file; what the operator changed in the others stays. */
export async function addMissingPayers(
  sql: Sql,
  principal: Principal,
  payers: readonly PayerInput[],
  deriveId: (name: string) => string,
): Promise<{ id: string; name: string; created: boolean }[]> {
  const items: { id: string; name: string; created: boolean }[] = [];
  for (const payer of payers) {
    const made = await createPayer(sql, principal, deriveId(payer.name), payer);
    const id = 'payer' in made ? made.payer.id : made.existingId;
    items.push({ id, name: payer.name, created: 'payer' in made });
  }
  return items;
}

/** Reads a version of a payer's playbook. */
export async function readPlaybook(sql: Db, payerId: string, version: number): Promise<Playbook> {
  const [row] = await sql<{ body: Playbook }[]>`
    select body from playbooks where payer_id = ${payerId} and version = ${version}`;
  if (!row) throw new Error(`no playbook ${version} of ${payerId}`);
  return row.body;
}
