import { selectClientToday } from '../time/days';
import { selectEntryIds, selectUnmergedId, isUnmerged } from '../kernel/one-entry';
import type { Fact, LineOfBusiness } from '../../domain/kernel/codes';
import type { Playbook } from '../../domain/registry/playbook';
import type { Db } from '../../runtime/database';
import { isInScope, type Principal } from '../kernel/principal';

/** The parties of an application, as far as the principal may see them. */
export interface Parties {
  practice: {
    clientId: string;
    legalName: string;
    /** The names of practices that are one with it. */
    otherNames: string[];
    tinLast4: string;
    npi: string | null;
    locationIds: string[];
    merged: boolean;
    /** Its client takes nothing new. */
    ended: boolean;
  } | null;
  /** Whether another payer stands for it. */
  payerMerged: boolean | null;
  provider: { clientId: string; npi: string; ended: boolean } | null;
  /** The payer's playbook: the version asked for, else the one in force; null if there is no such payer. */
  playbook: Playbook | null;
}

export interface PartiesKey {
  practiceId: string;
  providerId?: string | null | undefined;
  payerId: string;
}

export async function readParties(
  sql: Db,
  principal: Principal,
  { practiceId, providerId, payerId }: PartiesKey,
  playbookVersion?: number,
): Promise<Parties> {
  const [ground] = await sql<Parties[]>`
    select
      (select jsonb_build_object('clientId', pr.client_id, 'legalName', pr.legal_name, 'tinLast4', pr.tin_last4,
          'otherNames', array(select one.legal_name from practices one where one.id in ${selectEntryIds(sql, 'practices', sql`pr.id`)}),
          'npi', pr.npi, 'merged', pr.id <> ${practiceId},
          'ended', exists (select from clients c where c.id = pr.client_id and c.ended_on is not null), 'locationIds', coalesce((
            select jsonb_agg(l.id order by l.position) from locations l
            where l.practice_id in ${selectEntryIds(sql, 'practices', sql`pr.id`)}), '[]'))
        from practices pr where pr.id = ${selectUnmergedId(sql, 'practices', practiceId)} and ${isInScope(sql, principal, 'pr.client_id')}) as practice,
      (select jsonb_build_object('clientId', p.client_id, 'npi', n.npi, 'ended', p.ended_on is not null)
        from providers p join persons n on n.id = p.person_id
        where p.id = ${providerId ?? null} and ${isInScope(sql, principal, 'p.client_id')}) as provider,
      (select b.body from payers y join playbooks b
        on b.payer_id = y.id and b.version = coalesce(${playbookVersion ?? null}::int, y.playbook_version)
        where y.id = ${payerId}) as playbook,
      (select not ${isUnmerged(sql, 'y')} from payers y where y.id = ${payerId}) as payer_merged`;
  return ground!;
}

/** Selects those of `ids` that are documents of the client. */
export async function selectKnownDocuments(sql: Db, clientId: string, ids: readonly string[]): Promise<Set<string>> {
  const rows = await sql<{ id: string }[]>`
    select id from documents where client_id = ${clientId} and id = any(${[...ids]}::uuid[])`;
  return new Set(rows.map((row) => row.id));
}

/** Finds the application that holds a fact in an agreement of this practice, payer, state and line that has not ended. */
export async function findFactHolder(
  sql: Db,
  agreementId: string,
  fact: Fact & ('contract' | 'claimsRoute'),
  scope: { practiceId: string; payerId: string; state: string; lineOfBusiness: LineOfBusiness },
): Promise<{ applicationId: string } | null> {
  const column = fact === 'contract' ? sql`contract` : sql`claims_route`;
  const [row] = await sql<{ applicationId: string }[]>`
    select ${column}->>'applicationId' as application_id from agreements
    where id = ${agreementId} and practice_id in ${selectEntryIds(sql, 'practices', scope.practiceId)}
      and payer_id in ${selectEntryIds(sql, 'payers', scope.payerId)}
      and state = ${scope.state} and line_of_business = ${scope.lineOfBusiness}
      and ${column} is not null and (ended_on is null or ended_on >= ${selectClientToday(sql, sql`agreements.client_id`)})`;
  return row ?? null;
}
