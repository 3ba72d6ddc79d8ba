import {
  CERTIFICATE_NOTICE,
  selectAssertion,
  type Certificate,
  type CertifiedDocument,
  type CertifiedFact,
  type CertifiedParties,
} from '../../domain/billing/certificates';
import { evaluateBillingReadiness, type ReadinessAnswer } from '../../domain/billing/readiness';
import { FACTS } from '../../domain/kernel/codes';
import type { Instant } from '../../domain/time/instants';
import { readClock } from '../../runtime/clock';
import { toJson, type Db, type Fragment, type Sql, type Tx } from '../../runtime/database';
import type { Keyring } from '../../runtime/keyring';
import { recordAudit } from '../kernel/audit';
import { computeDigest } from '../kernel/digest';
import { selectUnmergedId } from '../kernel/one-entry';
import { readPage, type Page, type PageRequest } from '../kernel/page';
import { buildActor, createSystemPrincipal, isInScope, type Actor, type Principal } from '../kernel/principal';
import { findSettings, listSettingsVersions } from '../kernel/settings';
import { emitEvent } from '../outreach/event-feed';
import { queueMessages } from '../outreach/messages';
import { signCertificate, type CertificateSignature } from './certificate-keys';
import {
  readReadinessEvidence,
  saveAnswers,
  type ReadinessRequest,
  type ReadinessSubject,
  type UnknownReference,
} from './readiness';

/** The identity in whose name certificates are compared with the record. */
const SYSTEM = createSystemPrincipal('certificates');

export interface Holder {
  name: string;
  /** The address for mail once the certificate no longer holds. */
  email?: string | undefined;
}

export interface IssuedCertificate {
  id: string;
  clientId: string;
  certificate: Certificate;
  signature: CertificateSignature;
  holder: Holder;
  issuedBy: Actor;
  createdAt: Instant;
  /** Null while it holds. */
  endedAt: Instant | null;
  endedBecause: 'changed' | 'revoked' | null;
  /** The reason of a revocation, in words. */
  endedReason: string | null;
}

/** A question of which a certificate is issued: about today's record, and one practice. */
export type CertificateQuestion = ReadinessRequest & { practiceId: string; state: string };

const selectCertificates = (sql: Db): Fragment => sql`
  select id, client_id, certificate, holder, issued_by, created_at, ended_at, ended_because, ended_reason,
    jsonb_build_object('algorithm', 'Ed25519', 'keyId', key_id, 'value', signature) as signature
  from certificates`;

export async function findCertificate(sql: Db, principal: Principal, id: string): Promise<IssuedCertificate | null> {
  const [found] = await sql<IssuedCertificate[]>`
    ${selectCertificates(sql)} where id = ${id} and ${isInScope(sql, principal)}`;
  return found ?? null;
}

export interface CertificateFilter {
  clientId?: string | undefined;
  providerId?: string | undefined;
  holds?: boolean | undefined;
}

/** Lists certificates in the order in which they were issued. */
export const listCertificates = (
  sql: Db,
  principal: Principal,
  { clientId, providerId, holds }: CertificateFilter,
  request: PageRequest,
): Promise<Page<IssuedCertificate>> =>
  readPage(
    sql,
    sql`
      ${selectCertificates(sql)} where ${isInScope(sql, principal)}
        ${clientId ? sql`and client_id = ${clientId}` : sql``}
        ${providerId ? sql`and provider_id = ${providerId}` : sql``}
        ${holds === undefined ? sql`` : holds ? sql`and ended_at is null` : sql`and ended_at is not null`}`,
    request,
  );

/** The part of a certificate that each of its readers may know. */
export type CertificateStanding = Pick<IssuedCertificate, 'id' | 'endedAt' | 'endedBecause'>;

/** Finds whether a certificate holds, for a reader who knows its id. */
export async function findCertificateStanding(sql: Db, id: string): Promise<CertificateStanding | null> {
  const [found] = await sql<CertificateStanding[]>`
    select id, ended_at, ended_because from certificates where id = ${id}`;
  return found ?? null;
}

/**
 * Issues the answer to a question as a signed certificate, and keeps the answer as one that was given; returns the
 * references that are unknown instead. Repeated under the same id it issues nothing.
 */
export const issueCertificate = (
  sql: Sql,
  keyring: Keyring,
  principal: Principal,
  { id, question, holder }: { id: string; question: CertificateQuestion; holder: Holder },
): Promise<IssuedCertificate | { unknown: UnknownReference[]; ofOtherClient?: true }> =>
  sql.begin(async (tx) => {
    const earlier = await findCertificate(tx, principal, id);
    if (earlier) return earlier;
    const [onFile] = await readReadinessEvidence(tx, principal, [question]);
    if ('unknown' in onFile!) return onFile;
    const answer = evaluateBillingReadiness(question, onFile!.evidence);
    await saveAnswers(tx, principal, [{ onFile: onFile!, question, answer }]);
    const certificate = await buildCertificate(tx, { id, question, answer, holder });
    const { keyId, value } = await signCertificate(tx, keyring, certificate);
    const { clientId } = onFile!;
    const inserted = await tx`
      insert into certificates ${tx({
        id,
        clientId,
        providerId: question.providerId,
        question: toJson(tx, question),
        mayBill: answer.mayBill,
        digest: computeDigest(selectAssertion(answer)),
        certificate: toJson(tx, certificate),
        keyId,
        signature: value,
        holder: toJson(tx, holder),
        issuedBy: toJson(tx, buildActor(principal)),
      })} on conflict (id) do nothing returning id`;
    if (inserted.length > 0)
      await recordAudit(tx, principal, {
        action: 'certificate.issue',
        subjectType: 'certificate',
        subjectId: id,
        clientId,
        detail: { question, mayBill: answer.mayBill },
      });
    return (await findCertificate(tx, principal, id))!;
  });

async function buildCertificate(
  tx: Tx,
  {
    id,
    question,
    answer,
    holder,
  }: { id: string; question: CertificateQuestion; answer: ReadinessAnswer; holder: Holder },
): Promise<Certificate> {
  const { state, dateOfService, lineOfBusiness = null } = question;
  const { mayBill, reasons, cautions, billThrough, mayRepresentInNetwork, billableFrom, licenceTerms } = answer;
  const references = await readReferences(
    tx,
    Object.values(answer.facts).map(({ entryId }) => entryId),
  );
  const facts = FACTS.flatMap((fact): CertifiedFact[] => {
    const kept = answer.facts[fact];
    if (!kept) return [];
    const { status, value, source, confirmedOn = null, entryId, evidence: documents } = kept;
    const reference = references.get(entryId) ?? null;
    return [{ fact, status, value, source, reference, confirmedOn, entryId, documents: [...documents] }];
  });
  const { operatorName } = findSettings(await listSettingsVersions(tx));
  return {
    version: 1,
    kind: 'billing_readiness',
    id,
    asOf: readClock(),
    issuer: operatorName,
    holder: holder.name,
    question: { ...(await readParties(tx, question)), state, dateOfService, lineOfBusiness },
    answer: { mayBill, reasons, cautions, billThrough, mayRepresentInNetwork, billableFrom },
    facts,
    licenceTerms: [...licenceTerms],
    documents: await readDocuments(tx, [...new Set(facts.flatMap(({ documents }) => documents))]),
    notice: CERTIFICATE_NOTICE,
    checkAt: `/verify/${id}`,
  };
}

async function readParties(
  sql: Db,
  { providerId, practiceId, payerId, locationId }: CertificateQuestion,
): Promise<CertifiedParties> {
  const [parties] = await sql<CertifiedParties[]>`
    select jsonb_build_object('id', p.id, 'name', p.full_name, 'npi', n.npi) as provider,
      jsonb_build_object('id', r.id, 'legalName', r.legal_name, 'npi', r.npi,
        'tin', jsonb_build_object('type', r.tin_type, 'last4', r.tin_last4)) as practice,
      jsonb_build_object('id', y.id, 'name', y.name) as payer,
      case when l.id is null then null else jsonb_build_object('id', l.id, 'name', l.name) end as location
    from providers p join persons n on n.id = p.person_id
    join practices r on r.id = ${selectUnmergedId(sql, 'practices', practiceId)}
    join payers y on y.id = ${selectUnmergedId(sql, 'payers', payerId)}
    left join locations l on l.id = ${locationId ?? null}
    where p.id = ${providerId}`;
  return parties!;
}

/** Reads the references that entries of confirmations were given with, by the ids of the entries. */
async function readReferences(sql: Db, entryIds: readonly string[]): Promise<Map<string, string>> {
  const rows = await sql<{ id: string; reference: string | null }[]>`
    select e.id, case when c.action = 'open' then c.body->'adopt'->'confirmations'->(e.event->'data'->>'fact')->>'reference'
      else c.body->>'reference' end as reference
    from events e join commands c on c.id = e.command_id
    where e.id = any(${[...entryIds]}::uuid[]) and e.kind = 'confirmation'`;
  return new Map(rows.flatMap(({ id, reference }) => (reference === null ? [] : [[id, reference] as const])));
}

const readDocuments = (sql: Db, ids: readonly string[]): Promise<CertifiedDocument[]> => sql<CertifiedDocument[]>`
  select id, kind, name, sha256 from documents where id = any(${[...ids]}::uuid[]) order by id`;

/** A certificate that holds so far, with the digest of its assertion. */
interface HeldCertificate {
  id: string;
  clientId: string;
  question: CertificateQuestion;
  digest: string;
}

/** Ends certificates whose question is answered otherwise now; returns how many. */
async function endChangedCertificates(tx: Tx, held: readonly HeldCertificate[], now: Instant): Promise<number> {
  if (held.length === 0) return 0;
  const onFile = await readReadinessEvidence(
    tx,
    SYSTEM,
    held.map(({ question }) => question),
  );
  const changed = held.filter(({ question, digest }, i) => {
    const found = onFile[i]! as ReadinessSubject | { unknown: unknown };
    return (
      'unknown' in found ||
      computeDigest(selectAssertion(evaluateBillingReadiness(question, found.evidence))) !== digest
    );
  });
  await tx`
    update certificates set checked_at = ${now} where id = any(${held.map(({ id }) => id)}::uuid[]) and ended_at is null`;
  for (const { id } of changed) await endCertificate(tx, id, { because: 'changed', at: now });
  return changed.length;
}

/** Compares the certificates of a provider with the record, and ends those that no longer hold. */
export async function checkCertificatesOfProvider(tx: Tx, providerId: string, now: Instant): Promise<void> {
  const held = await tx<HeldCertificate[]>`
    select id, client_id, question, digest from certificates
    where provider_id = ${providerId} and ended_at is null order by id for no key update`;
  await endChangedCertificates(tx, held, now);
}

/** The number of certificates that one round compares with the record. */
const MOST_AT_ONCE = 200;

/** Compares the certificates with the record that were not compared for a day, as not every change notifies them. */
export const checkOldCertificates = (sql: Sql): Promise<number> =>
  sql.begin(async (tx) => {
    const held = await tx<HeldCertificate[]>`
      select id, client_id, question, digest from certificates
      where ended_at is null and checked_at < now() - interval '1 day'
      order by checked_at limit ${MOST_AT_ONCE} for no key update skip locked`;
    return endChangedCertificates(tx, held, readClock());
  });

/** Revokes a certificate that holds; null if it holds no more. */
export const revokeCertificate = (
  sql: Sql,
  principal: Principal,
  id: string,
  reason: string,
): Promise<IssuedCertificate | null> =>
  sql.begin(async (tx) => {
    if (!(await endCertificate(tx, id, { because: 'revoked', reason, at: readClock() }))) return null;
    const revoked = (await findCertificate(tx, principal, id))!;
    await recordAudit(tx, principal, {
      action: 'certificate.revoke',
      subjectType: 'certificate',
      subjectId: id,
      clientId: revoked.clientId,
      detail: { reason },
    });
    return revoked;
  });

/** Ends a certificate once: publishes the event, and writes to its holder. Returns whether it held until now. */
async function endCertificate(
  tx: Tx,
  id: string,
  { because, reason = null, at }: { because: 'changed' | 'revoked'; reason?: string | null; at: Instant },
): Promise<boolean> {
  const [ended] = await tx<{ clientId: string; providerId: string; question: CertificateQuestion; mail: boolean }[]>`
    update certificates set ended_at = ${at}, ended_because = ${because}, ended_reason = ${reason}
    where id = ${id} and ended_at is null
    returning client_id, provider_id, question, holder ? 'email' as mail`;
  if (!ended) return false;
  const { clientId, providerId, question, mail } = ended;
  await emitEvent(tx, { clientId, type: 'certificate.ended', subjectId: id, data: { because, asOf: at } });
  if (mail)
    await queueMessages(tx, [
      {
        key: `certificate_ended/${id}`,
        clientId,
        recipientType: 'holder',
        recipientId: id,
        template: 'certificate_ended',
        data: { certificateId: id, providerId, dateOfService: question.dateOfService, because },
        notBefore: at,
      },
    ]);
  return true;
}
