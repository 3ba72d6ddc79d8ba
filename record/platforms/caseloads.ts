import { selectDay } from '../time/days';
import { areOneEntry } from '../kernel/one-entry';
import type { Panel } from '../../domain/registry/panels';
import type { CaseloadItem } from '../../domain/platforms/targets';
import { toJson, type Db, type Sql } from '../../runtime/database';
import { isInScope, type Principal } from '../kernel/principal';
import { reviseRow, type Precondition } from '../kernel/versioned-rows';

/** What is kept as one list, with the version of what it belongs to. */
export interface VersionedList<T> {
  items: T[];
  version: number;
}

/** A client's caseload by payer; its version is the client's. */
export async function readCaseload(
  sql: Db,
  principal: Principal,
  clientId: string,
): Promise<VersionedList<CaseloadItem>> {
  const [items, [client]] = await Promise.all([
    sql<CaseloadItem[]>`
      select payer_id, clients, monthly_value, rates from caseloads
      where client_id = ${clientId} and ${isInScope(sql, principal)} order by clients desc, payer_id`,
    sql<{ version: number }[]>`select version from clients where id = ${clientId} and ${isInScope(sql, principal)}`,
  ]);
  return { items, version: client!.version };
}

/** The list takes the place of the one before. */
export const putCaseload = (
  sql: Sql,
  principal: Principal,
  clientId: string,
  items: readonly CaseloadItem[],
  precondition: Precondition,
): Promise<VersionedList<CaseloadItem>> =>
  sql.begin(async (tx) => {
    await reviseRow(tx, principal, 'client', clientId, { columns: {}, asked: { caseload: items }, precondition });
    await tx`delete from caseloads where client_id = ${clientId}`;
    const rows = items.map(({ rates, ...item }) => ({ clientId, ...item, rates: rates && toJson(tx, rates) }));
    if (rows.length > 0) await tx`insert into caseloads ${tx(rows)}`;
    return readCaseload(tx, principal, clientId);
  });

export type PanelItem = Omit<Panel, 'payerId'>;

/** What was stated of a payer's panels; its version is the payer's. */
export async function readPanels(sql: Db, payerId: string): Promise<VersionedList<PanelItem>> {
  const [items, [payer]] = await Promise.all([
    sql<PanelItem[]>`
      select state, kind, status, source, as_of from payer_panels where payer_id = ${payerId}
      order by state, kind nulls first`,
    sql<{ version: number }[]>`select version from payers where id = ${payerId}`,
  ]);
  return { items, version: payer!.version };
}

/** The list takes the place of the one before. */
export const putPanels = (
  sql: Sql,
  principal: Principal,
  payerId: string,
  items: readonly PanelItem[],
  precondition: Precondition,
): Promise<VersionedList<PanelItem>> =>
  sql.begin(async (tx) => {
    await reviseRow(tx, principal, 'payer', payerId, { columns: {}, asked: { panels: items }, precondition });
    await tx`delete from payer_panels where payer_id = ${payerId}`;
    if (items.length > 0) await tx`insert into payer_panels ${tx(items.map((item) => ({ payerId, ...item })))}`;
    return readPanels(tx, payerId);
  });

/** By payer, how many days confirmed applications took from submission to the payer's yes; adopted ones say nothing of it. */
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
