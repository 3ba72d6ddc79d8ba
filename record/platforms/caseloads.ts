import { selectDay } from '../time/days';
import { areOneEntry, findUnmergedIds, selectEntryIds, selectUnmergedId } from '../kernel/one-entry';
import type { Panel } from '../../domain/registry/panels';
import type { CaseloadItem } from '../../domain/platforms/targets';
import { toJson, type Db, type Sql } from '../../runtime/database';
import { isInScope, type Principal } from '../kernel/principal';
import { reviseRow, type Precondition } from '../kernel/versioned-rows';

/** A list that is kept as one, with the version of what it belongs to. */
export interface VersionedList<T> {
  items: T[];
  version: number;
}

/**
 * Reads a client's caseload by payer, with the statements about two that were merged added up; its version is the
 * client's.
 */
export async function readCaseload(
  sql: Db,
  principal: Principal,
  clientId: string,
): Promise<VersionedList<CaseloadItem>> {
  const [items, [client]] = await Promise.all([
    sql<CaseloadItem[]>`
      select one as payer_id, sum(clients)::float8 as clients, sum(monthly_value)::float8 as monthly_value,
        (array_agg(rates order by payer_id = one desc, clients desc, payer_id) filter (where rates is not null))[1] as rates
      from caseloads cross join lateral ${selectUnmergedId(sql, 'payers', sql`payer_id`)} as y(one)
      where client_id = ${clientId} and ${isInScope(sql, principal)} group by one order by clients desc, one`,
    sql<{ version: number }[]>`select version from clients where id = ${clientId} and ${isInScope(sql, principal)}`,
  ]);
  return { items, version: client!.version };
}

/** Puts the list, of payers that are not one with each other, in the place of the one before. */
export const putCaseload = (
  sql: Sql,
  principal: Principal,
  clientId: string,
  named: readonly CaseloadItem[],
  precondition: Precondition,
): Promise<VersionedList<CaseloadItem>> =>
  sql.begin(async (tx) => {
    const payerIds = named.map(({ payerId }) => payerId);
    const ones = await findUnmergedIds(tx, 'payers', payerIds);
    const items = named.map((item) => ({ ...item, payerId: ones.get(item.payerId)! }));
    await reviseRow(tx, principal, 'client', clientId, { columns: {}, asked: { caseload: items }, precondition });
    await tx`delete from caseloads where client_id = ${clientId}`;
    const rows = items.map(({ rates, ...item }) => ({ clientId, ...item, rates: rates && toJson(tx, rates) }));
    if (rows.length > 0) await tx`insert into caseloads ${tx(rows)}`;
    return readCaseload(tx, principal, clientId);
  });

export type PanelItem = Omit<Panel, 'payerId'>;

/**
 * Reads the stated panels of a payer, by whichever name; the latest, if two that were merged had one. Its version is
 * that of the payer that stands for them.
 */
export async function readPanels(sql: Db, payerId: string): Promise<VersionedList<PanelItem>> {
  const [items, [payer]] = await Promise.all([
    sql<PanelItem[]>`
      select distinct on (state, kind) state, kind, status, source, as_of from payer_panels
      where payer_id in ${selectEntryIds(sql, 'payers', payerId)}
      order by state, kind nulls first, as_of desc, payer_id = ${selectUnmergedId(sql, 'payers', payerId)} desc`,
    sql<{ version: number }[]>`select version from payers where id = ${selectUnmergedId(sql, 'payers', payerId)}`,
  ]);
  return { items, version: payer!.version };
}

/** Puts the list in the place of the one before; it is kept for the payer that stands for the one that is named. */
export const putPanels = (
  sql: Sql,
  principal: Principal,
  named: string,
  items: readonly PanelItem[],
  precondition: Precondition,
): Promise<VersionedList<PanelItem>> =>
  sql.begin(async (tx) => {
    const payerId = (await findUnmergedIds(tx, 'payers', [named])).get(named)!;
    await reviseRow(tx, principal, 'payer', payerId, { columns: {}, asked: { panels: items }, precondition });
    await tx`delete from payer_panels where payer_id in ${selectEntryIds(tx, 'payers', payerId)}`;
    if (items.length > 0) await tx`insert into payer_panels ${tx(items.map((item) => ({ payerId, ...item })))}`;
    return readPanels(tx, payerId);
  });

/**
 * Lists by payer how many days confirmed applications took from submission to the payer's yes; adopted ones don't
 * count.
 */
export async function listDaysTaken(
  sql: Db,
  principal: Principal,
  payerIds: readonly string[],
  kinds: readonly string[],
): Promise<Map<string, number[]>> {
  const rows = await sql<{ payerId: string; days: number[] }[]>`
    select payer_id, array_agg(days) as days
    from (
      select asked.id as payer_id, ${selectDay(sql, sql`min(e.at)`, sql`c.time_zone`)} - a.submitted_on as days
      from applications a
      join clients c on c.id = a.client_id
      join payers y on y.id = a.payer_id
      join payers asked on asked.id = any(${[...payerIds]}::uuid[]) and ${areOneEntry(sql, 'y', 'asked')}
      join events e on e.application_id = a.id and e.kind = 'stage' and e.struck_by is null
        and e.event->'data'->>'to' in ('approved', 'confirmed')
      where a.stage = 'confirmed' and a.submitted_on is not null
        and a.kind = any(${[...kinds]}) and ${isInScope(sql, principal, 'a.client_id')}
        and not exists (select from events o where o.application_id = a.id and o.kind = 'adopted')
      group by a.id, asked.id, c.time_zone) taken
    group by payer_id`;
  return new Map(rows.map(({ payerId, days }) => [payerId, days]));
}
