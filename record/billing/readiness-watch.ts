import type { Instant, PlainDate } from '../../domain/time/instants';
import type { LineOfBusiness, ReadinessReason } from '../../domain/kernel/codes';
import { toLocalDate, startOfDay } from '../../domain/time/calendar';
import { addDays } from '../../domain/time/dates';
import { computeExclusionTerms, type ExclusionWord } from '../../domain/screening/exclusions';
import { listTurningDays } from '../../domain/registry/held-terms';
import {
  evaluateBillingReadiness,
  findEffectiveFrom,
  isOver,
  type ReadinessEvidence,
} from '../../domain/billing/readiness';
import type { ApplicationState } from '../../domain/applications/state';
import { toRows, type Db, type Tx } from '../../runtime/database';
import { emitEvent } from '../outreach/event-feed';
import { selectEntryIds } from '../kernel/one-entry';
import { selectExclusionWords } from '../kernel/person-scope';
import { createSystemPrincipal } from '../kernel/principal';
import { checkCertificatesOfProvider } from './certificates';
import { readReadinessEvidence } from './readiness';

const SYSTEM = createSystemPrincipal('gate');

interface Scope {
  clientId: string;
  timeZone: string;
  providerId: string;
  practiceId: string;
  payerId: string;
  state: string;
  lineOfBusiness: LineOfBusiness;
  locationId: string | null;
  lastAnswer: { mayBill: boolean; reasons: ReadinessReason[] } | null;
}

/** Evaluates billing readiness for an application's scope, and emits an event if the answer has changed. */
export async function emitReadinessChange(
  tx: Tx,
  applicationId: string,
  now: Instant,
): Promise<{ next: Instant | null }> {
  const [scope] = await tx<Scope[]>`
    select a.client_id, c.time_zone, a.provider_id, a.practice_id, a.payer_id, a.state, a.line_of_business,
      a.location_id, case when t.application_id is null then null else
        jsonb_build_object('mayBill', t.may_bill, 'reasons', t.reasons) end as last_answer
    from applications a join clients c on c.id = a.client_id
    left join readiness_told t on t.application_id = a.id
    where a.id = ${applicationId} and a.provider_id is not null
    for no key update of a`;
  if (!scope) return { next: null };
  const { clientId, timeZone, lastAnswer, locationId, ...asked } = scope;
  const today = toLocalDate(now, timeZone);
  const question = { ...asked, ...(locationId && { locationId }), dateOfService: today };
  const [onFile] = await readReadinessEvidence(tx, SYSTEM, [question]);
  if (!onFile || 'unknown' in onFile) return { next: null };
  const { mayBill, reasons } = evaluateBillingReadiness(question, onFile.evidence);

  // before the first event the answer counts as a no with nothing on file
  const before = lastAnswer ?? { mayBill: false, reasons: [] };
  if (!lastAnswer || before.mayBill !== mayBill || before.reasons.join() !== reasons.join()) {
    await tx`
      insert into readiness_told ${toRows(tx, { applicationId, clientId, mayBill, reasons })}
      on conflict (application_id) do update
        set may_bill = excluded.may_bill, reasons = excluded.reasons, told_at = now()`;
    if (lastAnswer || mayBill)
      await emitEvent(tx, {
        clientId,
        type: 'billing_readiness.changed',
        subjectId: applicationId,
        data: { ...asked, locationId, from: before, to: { mayBill, reasons }, asOf: now },
      });
  }
  await checkCertificatesOfProvider(tx, asked.providerId, now);
  const days = await listChangingDays(tx, asked, onFile.evidence);
  const turns = onFile.evidence.spans.flatMap((span) => [
    findEffectiveFrom(span) ?? [],
    span.effectiveTo ? addDays(span.effectiveTo, 1) : [],
  ]);
  const next = [...days, ...turns.flat()].filter((day) => day > today).sort()[0];
  return { next: next ? startOfDay(next, timeZone) : null };
}

/**
 * Whether the participation of an application goes on, as billing readiness has it: an agreement that it rests on may
 * have ended.
 */
export async function isParticipationCurrent(
  sql: Db,
  { id, key }: Pick<ApplicationState, 'id' | 'key'>,
  today: PlainDate,
): Promise<boolean> {
  const { providerId, locationId, practiceId, payerId, state, lineOfBusiness } = key;
  if (providerId === null) return true;
  const place = { providerId, practiceId, payerId, state, lineOfBusiness, ...(locationId && { locationId }) };
  const [onFile] = await readReadinessEvidence(sql, SYSTEM, [{ ...place, dateOfService: today }]);
  if (!onFile || 'unknown' in onFile) return true;
  const span = onFile.evidence.spans.find(({ applicationId }) => applicationId === id);
  return span === undefined || !isOver(span, today, onFile.evidence);
}

/**
 * Lists the days on which time alone may change the answer: those on which a licence begins or has ended, an agreement
 * has, or an exclusion changes.
 */
async function listChangingDays(
  tx: Tx,
  { providerId, practiceId }: Pick<Scope, 'providerId' | 'practiceId'>,
  { agreements, licenceTerms }: Pick<ReadinessEvidence, 'agreements' | 'licenceTerms'>,
): Promise<PlainDate[]> {
  const [excluded] = await tx<{ words: ExclusionWord[] }[]>`
    select ${selectExclusionWords(tx, {
      personId: tx`p.person_id`,
      clientId: tx`p.client_id`,
      practiceIds: tx`array${selectEntryIds(tx, 'practices', practiceId)}`,
    })} as words
    from providers p where p.id = ${providerId}`;
  const terms = computeExclusionTerms(excluded?.words ?? []);
  return [
    ...listTurningDays(licenceTerms),
    ...agreements.flatMap(({ endedOn }) => (endedOn ? [addDays(endedOn, 1)] : [])),
    ...terms.flatMap(({ from, reinstatedOn }) => [from, ...(reinstatedOn ? [reinstatedOn] : [])]),
  ];
}
