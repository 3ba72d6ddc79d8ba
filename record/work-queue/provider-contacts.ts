import type { ProviderOutcome } from '../../domain/kernel/codes';
import type { Instant, PlainDate } from '../../domain/time/instants';
import { toJson, toRows, type Db, type Fragment, type Sql } from '../../runtime/database';
import { readPage, type Page, type PageRequest } from '../kernel/page';
import { buildActor, isInScope, type Actor, type Principal } from '../kernel/principal';

export interface ProviderContactInput {
  on: PlainDate;
  channel: string;
  outcome: ProviderOutcome;
  /** Applications of the provider; none: about the provider in general. */
  applicationIds?: string[] | undefined;
  notes?: string | undefined;
}

export interface ProviderContact extends Omit<ProviderContactInput, 'applicationIds' | 'notes'> {
  id: string;
  clientId: string;
  providerId: string;
  applicationIds: string[];
  notes: string | null;
  recordedBy: Actor;
  createdAt: Instant;
}

const selectContacts = (sql: Db, principal: Principal, providerId: string): Fragment => sql`
  select * from provider_contacts where provider_id = ${providerId} and ${isInScope(sql, principal)}`;

/** Logs a contact with a provider. Repeated under the same id it changes nothing. */
export async function logProviderContact(
  sql: Sql,
  principal: Principal,
  id: string,
  { id: providerId, clientId }: { id: string; clientId: string },
  { applicationIds = [], ...said }: ProviderContactInput,
): Promise<ProviderContact> {
  const row = { ...said, id, clientId, providerId, applicationIds, recordedBy: toJson(sql, buildActor(principal)) };
  await sql`insert into provider_contacts ${toRows(sql, row)} on conflict (id) do nothing`;
  const [made] = await sql<ProviderContact[]>`${selectContacts(sql, principal, providerId)} and id = ${id}`;
  return made!;
}

export const listProviderContacts = (
  sql: Db,
  principal: Principal,
  providerId: string,
  applicationId: string | undefined,
  request: PageRequest,
): Promise<Page<ProviderContact>> =>
  readPage(
    sql,
    sql`${selectContacts(sql, principal, providerId)}
      ${applicationId ? sql`and ${applicationId} = any(application_ids)` : sql``}`,
    request,
  );

/** Selects those of some applications that are a provider's. */
export async function selectOwnApplications(
  sql: Db,
  providerId: string,
  applicationIds: readonly string[],
): Promise<Set<string>> {
  const rows = await sql<{ id: string }[]>`
    select id from applications where provider_id = ${providerId} and id = any(${[...applicationIds]}::uuid[])`;
  return new Set(rows.map(({ id }) => id));
}
