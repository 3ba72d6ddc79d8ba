import {
  PURPOSES,
  type ApplicationKind,
  type LineOfBusiness,
  type Outcome,
  type Purpose,
  type Stage,
} from '../../domain/kernel/codes';
import type { ApplicationState } from '../../domain/applications/state';
import type { Instant, PlainDate } from '../../domain/time/instants';
import type { Db } from '../../runtime/database';
import type { Principal } from '../kernel/principal';
import { selectDay } from '../time/days';
import type { Payer } from '../registry/payers';
import { describeCalling, listWorkByPayer, type PayerWork, type QueueFilter, type WorkItem } from '../work-queue/queue';
import { readOutstandingItems } from './commands';

/** One application of a call, with what the payer's representative asks for. */
interface CallSheetEntry {
  applicationId: string;
  clientId: string;
  clientName: string;
  providerName: string | null;
  providerNpi: string | null;
  practiceName: string;
  practiceNpi: string | null;
  tinLast4: string;
  state: string;
  lineOfBusiness: LineOfBusiness;
  kind: ApplicationKind;
  stage: Stage;
  attempt: number;
  submittedOn: PlainDate | null;
  referenceNumber: string | null;
  /** The items that the payer asked for and has not got, in its words. */
  outstandingItems: string[];
  /** The latest contact in which the payer was reached, on the client's day. */
  lastContact: { on: PlainDate; outcome: Outcome; rep: string | null; referenceNumber: string | null } | null;
  items: { purpose: Purpose; dueAt: Instant; overdue: boolean; ask: string[] }[];
}

/**
 * The information that a call to one payer needs: how to reach it, and for each application what is asked and what will
 * be asked for.
 */
export type CallSheet = Omit<PayerWork, 'items'> & { applications: CallSheetEntry[] };

/** Reads the sheet of a payer's part of the queue, the most urgent first; null if nothing is due. */
export async function readCallSheet(
  sql: Db,
  principal: Principal,
  filter: QueueFilter & { payerId: string },
  limit: number,
): Promise<CallSheet | null> {
  const [work] = await listWorkByPayer(sql, principal, filter, limit);
  if (!work) return null;
  const { items, ...payer } = work;
  const ids = [...new Set(items.map(({ applicationId }) => applicationId))];
  return { ...payer, applications: await readEntries(sql, ids, items) };
}

/** Reads the sheet of some applications with a payer, in the order given, whether or not something is due. */
export async function readCallSheetOf(
  sql: Db,
  principal: Principal,
  { id: payerId, name, playbook }: Pick<Payer, 'id' | 'name' | 'playbook'>,
  applicationIds: readonly string[],
): Promise<CallSheet> {
  const most = applicationIds.length * PURPOSES.length;
  const [work] = await listWorkByPayer(sql, principal, { applicationIds }, most);
  const items = work?.items ?? [];
  const applications = await readEntries(sql, applicationIds, items);
  return { payerId, name, ...describeCalling(playbook), count: items.length, applications };
}

/** Reads what is asked of each application, in their order, and its due items. */
async function readEntries(sql: Db, ids: readonly string[], items: readonly WorkItem[]): Promise<CallSheetEntry[]> {
  const rows = await sql<(Omit<CallSheetEntry, 'items' | 'outstandingItems'> & { snapshot: ApplicationState })[]>`
    select a.id as application_id, a.client_id, k.name as client_name, p.full_name as provider_name,
      n.npi as provider_npi, pr.legal_name as practice_name, pr.npi as practice_npi, pr.tin_last4, a.state,
      a.line_of_business, a.kind, a.stage, (a.snapshot->>'attempt')::int as attempt, a.submitted_on, a.reference_number,
      a.snapshot, (
        select jsonb_build_object('on', ${selectDay(sql, sql`e.at`, sql`k.time_zone`)}, 'outcome', c.body->>'outcome', 'rep', c.body->>'rep',
          'referenceNumber', c.body->>'referenceNumber')
        from events e join commands c on c.id = e.command_id
        where e.application_id = a.id and e.kind = 'contact' and e.struck_by is null
          and c.body->>'outcome' <> 'no_answer'
        order by e.seq desc limit 1) as last_contact
    from applications a
    join clients k on k.id = a.client_id
    join practices pr on pr.id = a.practice_id
    left join providers p on p.id = a.provider_id
    left join persons n on n.id = p.person_id
    where a.id = any(${[...ids]}::uuid[])`;
  return Promise.all(
    ids.map(async (id) => {
      const { snapshot, ...row } = rows.find(({ applicationId }) => applicationId === id)!;
      const outstanding = await readOutstandingItems(sql, snapshot);
      return {
        ...row,
        outstandingItems: outstanding.map(({ item }) => item),
        items: items
          .filter(({ applicationId }) => applicationId === id)
          .map(({ purpose, dueAt, overdue, ask }) => ({ purpose, dueAt, overdue, ask })),
      };
    }),
  );
}
