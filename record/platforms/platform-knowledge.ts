import { areOneEntry, findUnmergedIds, selectUnmergedId } from '../kernel/one-entry';
import { randomUUID } from 'node:crypto';
import type { PlainDate } from '../../domain/time/instants';
import type { Question } from '../../domain/platforms/platform';
import { toJson, toRows, type Db, type Sql, type Tx } from '../../runtime/database';
import { recordAudit } from '../kernel/audit';
import { buildActor, type Principal } from '../kernel/principal';

/** A platform's answer in general, only ever a no. */
export interface PlatformKnowledge {
  platform: string;
  /** Null: whatever the payer. */
  payerId: string | null;
  question: Question;
  answer: 'no';
  source: string;
  asOf: PlainDate;
}

export const listKnowledge = (sql: Db): Promise<PlatformKnowledge[]> => sql<PlatformKnowledge[]>`
  select distinct on (platform, question, 2) platform, ${selectUnmergedId(sql, 'payers', sql`payer_id`)} as payer_id, question,
    'no' as answer, source, as_of
  from platform_knowledge order by platform, question, 2, as_of desc`;

/** Replaces all knowledge of a platform; for each question, each of its payers stands for itself. */
export const putKnowledge = (
  sql: Sql,
  principal: Principal,
  items: readonly Omit<PlatformKnowledge, 'answer'>[],
): Promise<void> =>
  sql.begin(async (tx) => {
    const recordedBy = toJson(tx, buildActor(principal));
    const ones = await findUnmergedIds(
      tx,
      'payers',
      items.flatMap(({ payerId }) => payerId ?? []),
    );
    const rows = items.map(({ platform, payerId, question, source, asOf }) => ({
      platform: platform.toLowerCase(),
      payerId: payerId && ones.get(payerId)!,
      question,
      source,
      asOf,
      recordedBy,
    }));
    // one after the other: the later one replaces all of the earlier
    await tx`lock table platform_knowledge in share row exclusive mode`;
    await tx`delete from platform_knowledge`;
    if (rows.length > 0) await tx`insert into platform_knowledge ${toRows(tx, rows)}`;
    await recordAudit(tx, principal, {
      action: 'platform_knowledge.put',
      subjectType: 'platform_knowledge',
      subjectId: '-',
      detail: { items },
    });
  });

/** Answers the questions about a relationship's new payers as far as the platform is known; a real answer takes their place. */
export async function prefillAnswers(
  tx: Tx,
  principal: Principal,
  { id, clientId, platform, payerIds }: { id: string; clientId: string; platform: string; payerIds: readonly string[] },
): Promise<void> {
  const known = await tx<{ payerId: string | null; question: Question; source: string; asOf: PlainDate }[]>`
    select asked.id as payer_id, question, source, as_of from platform_knowledge k
    left join payers y on y.id = k.payer_id
    left join payers asked on asked.id = any(${[...payerIds]}::uuid[]) and ${areOneEntry(tx, 'y', 'asked')}
    where platform = lower(${platform}) and (k.payer_id is null or asked.id is not null)`;
  const recordedBy = toJson(tx, buildActor(principal));
  const rows = known.map(({ payerId, question, source, asOf }) => ({
    id: randomUUID(),
    clientId,
    relationshipId: id,
    question,
    payerId,
    answer: 'no',
    answeredBy: source,
    answeredOn: asOf,
    channel: 'known of the platform in general',
    recordedBy,
  }));
  if (rows.length > 0) await tx`insert into platform_answers ${toRows(tx, rows)} on conflict do nothing`;
}
