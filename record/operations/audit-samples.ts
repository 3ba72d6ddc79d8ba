import type { ApplicationKind } from '../../domain/kernel/codes';
import type { Instant, PlainDate } from '../../domain/time/instants';
import { toJson, type Db, type Fragment, type Sql } from '../../runtime/database';
import { recordAuditAtClients } from '../kernel/audit';
import { buildActor, isInScope, type Actor, type Principal } from '../kernel/principal';

export interface SampleInput {
  kind: ApplicationKind;
  count: number;
  seed: string;
  from: PlainDate;
  to: PlainDate;
}

export interface Sample extends SampleInput {
  id: string;
  /** The number of applications to draw from. */
  population: number;
  /** In the order in which they were drawn. */
  applicationIds: string[];
  drawnBy: Actor;
  createdAt: Instant;
}

/** Selects the samples that a reader sees: those of whose applications they see all clients. */
const selectSamples = (sql: Db, { clientIds }: Principal): Fragment => sql`
  select id, kind, count, seed, from_on as "from", to_on as "to", population, application_ids, drawn_by, created_at
  from audit_samples where ${clientIds === null ? sql`true` : sql`client_ids <@ ${clientIds}::uuid[]`}`;

export async function findSample(sql: Db, principal: Principal, id: string): Promise<Sample | null> {
  const [sample] = await sql<Sample[]>`${selectSamples(sql, principal)} and id = ${id}`;
  return sample ?? null;
}

/**
 * Draws applications of a kind that were put on record in a period, by the hash of the seed and their ids: the same seed
 * draws the same from the same ones. Each client concerned has it in its audit log. Repeated under the same id it draws
 * nothing.
 */
export const drawSample = (sql: Sql, principal: Principal, id: string, input: SampleInput): Promise<Sample> =>
  sql.begin(async (tx) => {
    const { kind, count, seed, from, to } = input;
    const drawn = await tx<{ id: string; clientId: string; population: number }[]>`
      select id, client_id, count(*) over () as population from applications
      where ${isInScope(tx, principal)} and kind = ${kind}
        and created_at >= ${from}::date at time zone 'UTC' and created_at < (${to}::date + 1) at time zone 'UTC'
      order by sha256(convert_to(${seed}::text || ' ' || id::text, 'UTF8')), id limit ${count}`;
    const inserted = await tx`
      insert into audit_samples ${tx({
        id,
        kind,
        count,
        seed,
        fromOn: from,
        toOn: to,
        population: drawn[0]?.population ?? 0,
        applicationIds: drawn.map((one) => one.id),
        clientIds: [...new Set(drawn.map((one) => one.clientId))],
        drawnBy: toJson(tx, buildActor(principal)),
      })} on conflict (id) do nothing returning id`;
    if (inserted.length > 0)
      await recordAuditAtClients(
        tx,
        principal,
        { action: 'audit_sample.draw', subjectType: 'audit_sample', subjectId: id },
        drawn,
      );
    return (await findSample(tx, principal, id))!;
  });

/** A drawn application. */
interface Drawn {
  id: string;
  clientId: string;
}

/** Records in the audit log of each client whose applications are in a sample that it left the system. */
export const recordSampleExport = (sql: Sql, principal: Principal, { id, applicationIds }: Sample): Promise<void> =>
  sql.begin(async (tx) => {
    const drawn = await tx<Drawn[]>`
      select id, client_id from applications where id = any(${applicationIds}::uuid[]) order by id`;
    await recordAuditAtClients(
      tx,
      principal,
      { action: 'audit_sample.export', subjectType: 'audit_sample', subjectId: id },
      drawn,
    );
  });
