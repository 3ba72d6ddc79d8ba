import { selectEntryIds, selectUnmergedId } from '../kernel/one-entry';
import { toInstant } from '../../domain/time/dates';
import { hasKey, isSameAgreement } from './same-key';
import type { Bodies } from '../../domain/applications/bodies';
import type { ApplicationKey } from '../../domain/applications/events';
import type { PlainDate } from '../../domain/time/instants';
import { isParticipating, type ApplicationState } from '../../domain/applications/state';
import {
  findChangeNeed,
  findKindForChange,
  findNoticeDueDay,
  type ChangeNeed,
  type ChangeStanding,
} from '../../domain/registry/changes';
import type { ChangeField } from '../../domain/kernel/codes';
import { resolvePlaybook, type Playbook } from '../../domain/registry/playbook';
import type { Db, Sql } from '../../runtime/database';
import { deriveId } from '../kernel/digest';
import type { ChangedSubject } from '../registry/file-changes';
import { openApplication } from './opening';
import { createSystemActor, isInScope, type Actor, type Principal } from '../kernel/principal';

const SYSTEM = createSystemActor('changes');

/** The number of changes of a practice or provider that are shown. */
const LATEST = 50;

/** The meaning of a change for one application. */
interface AffectedRow {
  applicationId: string;
  providerId: string | null;
  payerId: string;
  state: string;
  standing: ChangeStanding;
  needs: ChangeNeed;
  /** The day by which the payer must be notified, and the rule that says so. */
  dueOn: PlainDate | null;
  citation: string | null;
  /** The application that was opened for it, or was open already. */
  openedId: string | null;
}

/** A change with everything that it touches. */
export interface FileChange {
  id: string;
  field: ChangeField;
  changedOn: PlainDate;
  correction: boolean;
  recordedBy: Actor;
  createdAt: string;
  affects: AffectedRow[];
}

type Row = Omit<FileChange, 'affects'> & { subjectType: ChangedSubject['type']; subjectId: string; clientId: string };

const selectChanges = (sql: Db) => sql`
  select id, client_id, subject_type, subject_id, field, changed_on, correction, recorded_by, created_at
  from file_changes`;

/** Lists the latest changes of a subject, each with the applications that it touches and what each needs. */
export async function listFileChanges(sql: Db, principal: Principal, subjectId: string): Promise<FileChange[]> {
  const rows = await sql<Row[]>`
    ${selectChanges(sql)} where (subject_id = ${subjectId} or subject_id in ${selectEntryIds(sql, 'practices', subjectId)}) and ${isInScope(sql, principal)}
    order by created_at desc, id limit ${LATEST}`;
  return Promise.all(
    rows.map(async ({ subjectType, subjectId: changedId, clientId: _, ...row }) => ({
      ...row,
      affects: (await listAffectedApplications(sql, { subjectType, subjectId: changedId, ...row })).map(
        ({ opens: _opens, clientId: _of, ...one }) => one,
      ),
    })),
  );
}

type Change = Pick<Row, 'id' | 'subjectType' | 'subjectId' | 'field' | 'changedOn' | 'correction' | 'createdAt'>;

/** The application that is opened for another: for which one first of all, and under what key. */
interface Opens {
  first: string;
  key: ApplicationKey;
}
type AffectedApplication = AffectedRow & { clientId: string; opens: Opens | null };

/**
 * Lists the applications that rested on what has changed, when it did: open, with a participation that goes on, or one
 * that made an agreement which holds.
 */
async function listAffectedApplications(sql: Db, change: Change): Promise<AffectedApplication[]> {
  // an application rests on its own practice and on the one that stands for it
  const isSubject =
    change.subjectType === 'practice'
      ? sql`${change.subjectId} in (a.practice_id, ${selectUnmergedId(sql, 'practices', sql`a.practice_id`)})`
      : sql`a.provider_id = ${change.subjectId}`;
  const rows = await sql<{ snapshot: ApplicationState; playbook: Playbook; timeZone: string; agreed: boolean }[]>`
    select a.snapshot, b.body as playbook, c.time_zone,
      a.kind = 'new_group' and a.stage = 'confirmed' and exists (
        select from agreements g
        where ${isSameAgreement(sql, 'g', 'a')} and coalesce(g.ended_on >= ${change.changedOn}, true)) as agreed
    from applications a
    join clients c on c.id = a.client_id
    join playbooks b on b.payer_id = a.payer_id and b.version = a.playbook_version
    where ${isSubject} and (a.open or a.stage = 'confirmed') and a.created_at < ${change.createdAt}
    order by a.created_at, a.id`;
  // if a payer takes one for the whole practice, what is opened for the first of its providers
  const forAll = new Map<string, Opens>();
  const touched = rows.flatMap(({ snapshot, playbook, timeZone, agreed }) => {
    const { id: applicationId, clientId, key, closedAt, submitted } = snapshot;
    if (closedAt !== null && !isParticipating(snapshot) && !agreed) return [];
    const standing: ChangeStanding =
      closedAt === null ? (submitted ? 'submitted' : 'unsubmitted') : agreed ? 'agreement' : 'participating';
    const { [change.field]: handling, perPractice } = resolvePlaybook(playbook, key, timeZone).changes;
    // an open application was sent with the mistake in it: its payer must be notified all the same
    const needs = change.correction && closedAt !== null ? 'nothing' : findChangeNeed(change.field, standing, handling);
    const notice = findNoticeDueDay(key.lineOfBusiness, needs, change.changedOn);
    const { providerId, payerId, state } = key;
    const kind = standing === 'agreement' ? null : findKindForChange(needs);
    const own = kind && { first: applicationId, key: { ...key, kind } };
    const scope = [payerId, state, key.lineOfBusiness].join('/');
    const shared = perPractice && change.subjectType === 'practice' && kind === 'change';
    const opens = (shared && forAll.get(scope)) || own;
    if (shared && opens) forAll.set(scope, opens);
    return [
      {
        applicationId,
        clientId,
        providerId,
        payerId,
        state,
        standing,
        needs,
        dueOn: notice?.dueOn ?? null,
        citation: notice?.citation ?? null,
        openedId: null,
        opens,
      },
    ];
  });
  const findOpenedId = await listOpenedApplications(sql, change.id, touched);
  return touched.map((one) => ({ ...one, openedId: findOpenedId(one) }));
}

const deriveOpeningId = (changeId: string, applicationId: string): string => deriveId(`${changeId}/${applicationId}`);

/** Lists which application was opened for each, or was open for the same key already. */
async function listOpenedApplications(sql: Db, changeId: string, touched: readonly AffectedApplication[]) {
  const needing = touched.flatMap(({ opens }) => opens ?? []);
  const opened = new Map<string, string>();
  for (const { first, key } of needing) {
    const own = deriveOpeningId(changeId, first);
    const [row] = await sql<{ id: string }[]>`
      select id from applications a where id = ${own} or (open and ${hasKey(sql, 'a', key)})
      order by id = ${own} desc limit 1`;
    if (row) opened.set(first, row.id);
  }
  return ({ opens }: AffectedApplication): string | null => (opens && opened.get(opens.first)) ?? null;
}

/**
 * The applications that a change concerns: those whose payer got the earlier file, and participations whose payer must
 * be notified.
 */
interface ConcernedApplications {
  submitted: string[];
  /** Each with the body of the command that says so. */
  untold: { id: string; clientId: string; body: Bodies['change-notice'] }[];
}

async function findChange(sql: Db, changeId: string): Promise<Row | undefined> {
  const [change] = await sql<Row[]>`${selectChanges(sql)} where id = ${changeId}`;
  return change;
}

/** Finds the applications that a recorded change concerns. */
export async function findConcernedApplications(sql: Db, changeId: string): Promise<ConcernedApplications> {
  const change = await findChange(sql, changeId);
  if (!change) return { submitted: [], untold: [] };
  const { field, changedOn } = change;
  const touched = await listAffectedApplications(sql, change);
  return {
    submitted: touched.flatMap(({ applicationId, needs }) => (needs === 'tell_payer' ? [applicationId] : [])),
    untold: touched
      .filter(({ standing, needs }) => standing === 'participating' && needs === 'notice')
      .map(({ applicationId: id, clientId, dueOn }) => ({
        id,
        clientId,
        body: { changeId, field, changedOn, ...(dueOn && { dueOn }) },
      })),
  };
}

/**
 * Opens what a change needs, each once; an application that is open for the same already will do. One that cannot be
 * opened keeps none of the others from it; its error is thrown in the end.
 */
export async function openChanges(sql: Sql, changeId: string): Promise<void> {
  const change = await findChange(sql, changeId);
  if (!change) return;
  const { field, changedOn, clientId, createdAt } = change;
  const failures: unknown[] = [];
  for (const { applicationId, opens, openedId, dueOn } of await listAffectedApplications(sql, change)) {
    if (opens?.first !== applicationId || openedId !== null) continue;
    const { key } = opens;
    const body = { ...key, ...(dueOn && { neededBy: dueOn }), change: { id: changeId, field, changedOn } };
    await openApplication(
      sql,
      {
        id: deriveOpeningId(changeId, applicationId),
        clientId,
        key,
        body,
        at: toInstant(Date.parse(createdAt)),
        previousId: applicationId,
      },
      SYSTEM,
    ).catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
}
