import { findUnmergedIds, selectEntryIds } from '../kernel/one-entry';
import { announceFact } from '../kernel/subscribers';
import type { PlainDate } from '../../domain/time/instants';
import { toJson, toRows, type Db, type Fragment, type Sql } from '../../runtime/database';
import { recordAudit } from '../kernel/audit';
import { buildActor, isInScope, type Actor, type Principal } from '../kernel/principal';
import { readPage, type Page, type PageRequest } from '../kernel/page';

/** A statement about a practice: never changed but to say what took its place. */
interface Statement {
  id: string;
  clientId: string;
  practiceId: string;
  on: PlainDate;
  recordedBy: Actor;
  createdAt: string;
  supersededBy: string | null;
}

export interface EnrolmentInput {
  payerId: string;
  kind: string;
  status: string;
  on: PlainDate;
  expectedOn?: PlainDate;
  reference?: string;
  evidence?: string[];
}

/** The state of a practice's enrolment with a payer's transactions. */
export type Enrolment = Statement &
  Required<Omit<EnrolmentInput, 'expectedOn' | 'reference'>> & {
    expectedOn: PlainDate | null;
    reference: string | null;
  };

export interface PortalAccessInput {
  portal: string;
  payerIds: string[];
  holder: string;
  /** The holder's id if it is a user. */
  holderUserId?: string;
  secondFactorOwner?: string;
  /** The users who have it. */
  secondFactorUserIds?: string[];
  /** The place, never the secret. */
  secretKeptIn?: string;
  status: string;
  on: PlainDate;
  note?: string;
}

/** The holder of a practice's way into a portal. */
export type PortalAccess = Statement & Required<PortalAccessInput>;

interface Practice {
  id: string;
  clientId: string;
}

const REGISTERS = { enrolment: 'enrolments', portal_access: 'portal_access' } as const;
type Register = keyof typeof REGISTERS;
/** The fact that each kind of statement announces. */
const ANNOUNCED = { enrolment: 'enrolment changed', portal_access: 'practice file changed' } as const;

/** Puts a statement on record in the place of the one about the same thing, for the practice that stands for the one named. Repeated under the same id it changes nothing. */
const putStatement = (
  sql: Sql,
  principal: Principal,
  register: Register,
  id: string,
  { id: namedId, clientId }: Practice,
  input: object,
  selectSame: (sql: Db) => Fragment,
): Promise<void> =>
  sql.begin(async (tx) => {
    const table = tx(REGISTERS[register]);
    const practiceId = (await findUnmergedIds(tx, 'practices', [namedId])).get(namedId)!;
    // one after the other
    await tx`select from practices where id = ${practiceId} for no key update`;
    const [known] = await tx`select from ${table} where id = ${id}`;
    if (known) return;
    await tx`
      update ${table} set superseded_by = ${id}
      where practice_id in ${selectEntryIds(tx, 'practices', practiceId)} and superseded_by is null and ${selectSame(tx)}`;
    const row = { ...input, id, clientId, practiceId, recordedBy: toJson(tx, buildActor(principal)) };
    await tx`insert into ${table} ${toRows(tx, row)}`;
    await recordAudit(tx, principal, {
      action: `${register}.put`,
      subjectType: 'practice',
      subjectId: practiceId,
      clientId,
      detail: input,
    });
    await announceFact(tx, ANNOUNCED[register], practiceId);
  });

const selectStatements = (sql: Db, principal: Principal, register: Register, practiceId: string): Fragment => sql`
  select * from ${sql(REGISTERS[register])}
  where practice_id in ${selectEntryIds(sql, 'practices', practiceId)} and ${isInScope(sql, principal)}`;

const listStatements = <T extends { id: string }>(
  sql: Db,
  principal: Principal,
  register: Register,
  practiceId: string,
  current: boolean | undefined,
  request: PageRequest,
): Promise<Page<T>> =>
  readPage(
    sql,
    sql`${selectStatements(sql, principal, register, practiceId)}
      ${current === undefined ? sql`` : sql`and (superseded_by is null) = ${current}`}`,
    request,
  );

async function findStatement<T>(
  sql: Db,
  principal: Principal,
  register: Register,
  practiceId: string,
  id: string,
): Promise<T> {
  const [row] = await sql<object[]>`${selectStatements(sql, principal, register, practiceId)} and id = ${id}`;
  return row as T;
}

export async function putEnrolment(
  sql: Sql,
  principal: Principal,
  id: string,
  practice: Practice,
  input: EnrolmentInput,
): Promise<Enrolment> {
  const { payerId, kind } = input;
  await putStatement(
    sql,
    principal,
    'enrolment',
    id,
    practice,
    input,
    (tx) => tx`payer_id in ${selectEntryIds(tx, 'payers', payerId)} and kind = ${kind}`,
  );
  return findStatement(sql, principal, 'enrolment', practice.id, id);
}

export const listEnrolments = (
  sql: Db,
  principal: Principal,
  practiceId: string,
  current: boolean | undefined,
  request: PageRequest,
): Promise<Page<Enrolment>> => listStatements(sql, principal, 'enrolment', practiceId, current, request);

export async function putPortalAccess(
  sql: Sql,
  principal: Principal,
  id: string,
  practice: Practice,
  input: PortalAccessInput,
): Promise<PortalAccess> {
  const { portal } = input;
  await putStatement(
    sql,
    principal,
    'portal_access',
    id,
    practice,
    input,
    (tx) => tx`lower(portal) = lower(${portal})`,
  );
  return findStatement(sql, principal, 'portal_access', practice.id, id);
}

export const listPortalAccess = (
  sql: Db,
  principal: Principal,
  practiceId: string,
  current: boolean | undefined,
  request: PageRequest,
): Promise<Page<PortalAccess>> => listStatements(sql, principal, 'portal_access', practiceId, current, request);
