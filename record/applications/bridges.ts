import { announceFact } from '../kernel/subscribers';
import type { Instant, PlainDate } from '../../domain/time/instants';
import type { ApplicationState } from '../../domain/applications/state';
import { planPlatformChecks, type CheckOccasion } from '../../domain/platforms/bridge';
import { findWindowStart } from '../../domain/time/calendar';
import { isSameValue } from '../../domain/kernel/facts';
import type { Db, Fragment, Sql, Tx } from '../../runtime/database';
import { selectWorker } from '../registry/absence-covers';
import { isCarriedFrom, selectLastDayThrough } from '../billing/platform-spans';
import { OPENING_KINDS } from '../billing/readiness';
import { createTasks } from '../kernel/tasks';
import { selectClientToday } from '../time/days';

/** The platform on which a provider stays while an application runs. */
export interface Bridge {
  relationshipId: string;
  platform: string;
}

/** Selects the bridge of an application `a`, or null: also if its platform no longer covers the payer. */
export const findBridge = (sql: Db): Fragment => sql`(
  select jsonb_build_object('relationshipId', r.id, 'platform', r.platform)
  from bridges b join platform_relationships r on r.id = b.relationship_id
  where b.application_id = a.id
    and ${isCarriedFrom(sql, sql`a.payer_id`, sql`a.state`, selectClientToday(sql, sql`a.client_id`))})`;

/**
 * Keeps on which platform a provider stays until their own participation has begun: for each application that is open,
 * or confirmed from a day ahead, the first platform that covers its payer in its state, now or from a day ahead, unless
 * the client has decided to build direct contracts instead of it. That stays as long as the platform covers the payer;
 * once it no longer does, another that does takes its place, as when the provider returns. Repeated it changes nothing.
 */
export async function keepBridges(tx: Db, providerId: string): Promise<void> {
  // an opening of an application and a change of a cover wait for one another
  await tx`select from providers where id = ${providerId} for no key update`;
  const kept = await tx<{ applicationId: string }[]>`
    insert into bridges (application_id, client_id, relationship_id)
    select a.id, a.client_id, one.id ${selectWantingBridges(tx, tx`a.provider_id = ${providerId}`)}
    order by a.id for no key update of a
    on conflict (application_id) do update set relationship_id = excluded.relationship_id returning application_id`;
  if (kept.length === 0) return;
  const states = await tx<{ snapshot: ApplicationState }[]>`
    select snapshot from applications where id = any(${kept.map(({ applicationId }) => applicationId)}::uuid[])`;
  for (const { snapshot } of states) await writeChecks(tx, snapshot);
}

/** Selects the applications `a` that are to come on a bridge, or onto another, with the relationship `one` for it. */
const selectWantingBridges = (sql: Db, which: Fragment): Fragment => {
  const carrying = isCarriedFrom(sql, sql`a.payer_id`, sql`a.state`, selectClientToday(sql, sql`a.client_id`));
  return sql`
    from applications a
    cross join lateral (
      select r.id from platform_relationships r
      left join platform_decisions d on d.relationship_id = r.id and d.superseded_by is null
      where r.provider_id = a.provider_id and d.decision is distinct from 'build_direct' and ${carrying}
      order by r.created_at, r.id limit 1) one
    where ${which} and a.kind = any(${OPENING_KINDS})
      and (a.open or (a.stage = 'confirmed'
        and (a.snapshot #>> '{facts,effectiveDate,effectiveOn}')::date >= ${selectClientToday(sql, sql`a.client_id`)}))
      and not exists (
        select from bridges b join platform_relationships r on r.id = b.relationship_id
        where b.application_id = a.id and ${carrying})`;
};

/** The most providers that one sweep takes; the next one takes the others. */
const MOST_SWEPT = 200;

/**
 * Keeps the bridges that no write has kept: those of applications from before there were any, and those whose cover has
 * ended by itself while another goes on.
 */
export async function keepOverdueBridges(sql: Sql): Promise<void> {
  const providers = await sql<{ providerId: string }[]>`
    select distinct a.provider_id
    ${selectWantingBridges(sql, sql`a.provider_id in (select provider_id from platform_relationships)`)} limit ${MOST_SWEPT}`;
  for (const { providerId } of providers) await sql.begin((tx) => keepBridges(tx, providerId));
}

/** Keeps the checks of an application on a bridge as it stands; those that were given to a person stay. */
export async function projectChecks(tx: Tx, before: ApplicationState | null, state: ApplicationState): Promise<void> {
  if (isSameValue(before ? planPlatformChecks(before) : [], planPlatformChecks(state))) return;
  const bridges = await tx`select from bridges where application_id = ${state.id}`;
  if (bridges.length > 0) await writeChecks(tx, state);
}

async function writeChecks(tx: Db, state: ApplicationState): Promise<void> {
  const { id: applicationId, clientId } = state;
  const checks = planPlatformChecks(state);
  await tx`delete from platform_checks where application_id = ${applicationId} and given_at is null`;
  if (checks.length > 0)
    await tx`
      insert into platform_checks ${tx(checks.map((check) => ({ applicationId, clientId, ...check })))}
      on conflict do nothing`;
  await announceFact(tx, 'platform checks changed', applicationId);
}

interface Check {
  occasion: CheckOccasion;
  dueOn: PlainDate;
  clientId: string;
  relationshipId: string;
  assignee: string | null;
  timeZone: string;
}

/**
 * Keeps the bridge of an application whose payer a platform may have come to cover, and gives the checks that are due to a
 * person, each once; returns when the next one is. After the payer's last day through the platform there is nothing to check.
 */
export async function createChecks(tx: Db, applicationId: string, now: Instant): Promise<{ next: Instant | null }> {
  const [application] = await tx<{ providerId: string | null }[]>`
    select provider_id from applications where id = ${applicationId}`;
  if (application?.providerId) await keepBridges(tx, application.providerId);
  const checks = await tx<Check[]>`
      select k.occasion, k.due_on, k.client_id, b.relationship_id, c.time_zone,
        case when ${selectWorker(tx, tx`a.assignee`, tx`k.client_id`)} is not null then a.assignee end as assignee
      from platform_checks k
      join bridges b using (application_id)
      join platform_relationships r on r.id = b.relationship_id
      join applications a on a.id = k.application_id
      join clients c on c.id = k.client_id
      where k.application_id = ${applicationId} and k.given_at is null
        and k.due_on <= ${selectLastDayThrough(tx)}
      order by k.due_on, k.occasion for no key update of k`;
  const timed = checks.map(({ timeZone, ...check }) => ({
    ...check,
    dueAt: findWindowStart(check.dueOn, { timeZone }),
  }));
  const due = timed.filter(({ dueAt }) => dueAt <= now);
  await createTasks(
    tx,
    due.map(({ occasion, dueOn, clientId, relationshipId, assignee, dueAt }) => ({
      key: `platform_check/${applicationId}/${occasion}/${dueOn}`,
      clientId,
      kind: 'platform_check',
      subjectType: 'platform_relationship',
      subjectId: relationshipId,
      data: { applicationId, occasion, dueOn },
      assignee,
      dueAt,
    })),
  );
  for (const { occasion, dueOn } of due)
    await tx`
        update platform_checks set given_at = ${now}
        where application_id = ${applicationId} and occasion = ${occasion} and due_on = ${dueOn}`;
  return { next: timed.find(({ dueAt }) => dueAt > now)?.dueAt ?? null };
}
