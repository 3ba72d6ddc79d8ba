import { createHash } from 'node:crypto';
import type { ApplicationState } from '../../domain/applications/state';
import {
  listNamedDocuments,
  buildEvidenceFile,
  type EvidenceDocument,
  type EvidenceEntry,
  type EvidenceFile,
  type EvidenceParticipation,
  type EvidenceSubject,
} from '../../domain/applications/evidence-file';
import type { Db } from '../../runtime/database';
import { createSystemPrincipal, type Principal } from '../kernel/principal';
import { isStored } from '../registry/document-files';
import { listTimeline } from './timeline';

/** A file as it is handed on: its bytes, and the digest by which anybody can see that they are unchanged. */
export interface WrittenEvidenceFile {
  file: EvidenceFile;
  json: string;
  sha256: string;
}

/** The file leaves out the operator's own notes, which the client doesn't see. */
const READER: Principal = { ...createSystemPrincipal('evidence'), role: 'client' };
const PAGE = 1000;

/** Gathers everything on record that the therapist of an application can take along. */
async function gatherEvidenceFile(sql: Db, applicationId: string): Promise<EvidenceFile> {
  const [row] = await sql<
    (EvidenceSubject & { snapshot: ApplicationState; previousId: string | null; referenceNumber: string | null })[]
  >`
    select a.snapshot, a.previous_id, a.reference_number,
      jsonb_build_object('name', c.name, 'timeZone', c.time_zone) as client,
      case when p.id is null then null else
        jsonb_strip_nulls(jsonb_build_object('firstName', p.first_name, 'middleName', p.middle_name,
          'lastName', p.last_name, 'suffix', p.suffix, 'npi', n.npi)) end as provider,
      jsonb_build_object('legalName', pr.legal_name, 'npi', pr.npi, 'address', pr.address,
        'tin', jsonb_build_object('type', pr.tin_type, 'last4', pr.tin_last4)) as practice,
      case when l.id is null then null else jsonb_build_object('name', l.name, 'address', l.address) end as location,
      jsonb_build_object('name', y.name) as payer
    from applications a
    join clients c on c.id = a.client_id
    join practices pr on pr.id = a.practice_id
    join payers y on y.id = a.payer_id
    left join providers p on p.id = a.provider_id
    left join persons n on n.id = p.person_id
    left join locations l on l.id = a.location_id
    where a.id = ${applicationId}`;
  if (!row) throw new Error(`no application ${applicationId}`);
  const { snapshot, previousId, referenceNumber, client, provider, practice, location, payer } = row;
  const { id, key, stage, attempt, submittedOn, openedAt, closedAt, version, updatedAt: asOf } = snapshot;
  const { kind, state, lineOfBusiness } = key;
  const entries = await listEntries(sql, id, version);
  return buildEvidenceFile({
    client,
    provider,
    practice,
    location,
    payer,
    application: {
      id,
      previousId,
      kind,
      state,
      lineOfBusiness,
      stage,
      attempt,
      submittedOn,
      referenceNumber,
      openedAt,
      closedAt,
      version,
      asOf,
    },
    attempts: snapshot.ended,
    facts: snapshot.facts,
    entries,
    messages: await listMessages(sql, id),
    participation: await readParticipation(sql, id),
    issues: snapshot.participation?.issues ?? [],
    cycle: snapshot.agenda.recredentialing ?? null,
    documents: await listDocuments(sql, snapshot.clientId, listNamedDocuments(entries)),
  });
}

/** Writes the file as it is handed on. */
export async function writeEvidenceFile(sql: Db, applicationId: string): Promise<WrittenEvidenceFile> {
  const file = await gatherEvidenceFile(sql, applicationId);
  const json = `${JSON.stringify(file, null, 2)}\n`;
  return { file, json, sha256: createHash('sha256').update(json).digest('hex') };
}

/** Lists all entries up to a version: what is recorded meanwhile belongs to the next file. */
async function listEntries(sql: Db, applicationId: string, version: number): Promise<EvidenceEntry[]> {
  const entries: EvidenceEntry[] = [];
  let after: number | null = 0;
  while (after !== null && after < version) {
    const page = await listTimeline(sql, READER, applicationId, { limit: Math.min(PAGE, version - after), after });
    entries.push(...page.items);
    after = page.next;
  }
  return entries;
}

const listMessages = (sql: Db, applicationId: string): Promise<EvidenceFile['messages']> => sql<
  EvidenceFile['messages']
>`
  select b.sent_at, m.template, m.data->>'purpose' as purpose
  from messages m join mail_batches b on b.id = m.batch_id
  where m.application_id = ${applicationId} and m.recipient_type = 'payer' and b.status = 'sent'
  order by b.sent_at, m.id`;

async function readParticipation(sql: Db, applicationId: string): Promise<EvidenceParticipation | null> {
  const [span] = await sql<EvidenceParticipation[]>`
    select effective_from, effective_to from network_spans
    where application_id = ${applicationId} and known_to is null and approved`;
  return span ?? null;
}

const listDocuments = (sql: Db, clientId: string, ids: readonly string[]): Promise<EvidenceDocument[]> =>
  sql<EvidenceDocument[]>`
    select d.id, d.kind, d.name, d.sha256, f.stored_at
    from documents d left join document_files f on f.document_id = d.id and ${isStored(sql, 'f')}
    where d.client_id = ${clientId} and d.id = any(${[...ids]}::uuid[])`;

/** Keeps the file as it is now, for good. Repeated under the same id it changes nothing; returns its digest. */
export async function freezeEvidenceFile(
  tx: Db,
  id: string,
  { id: applicationId, clientId }: { id: string; clientId: string },
): Promise<string> {
  const { json: file, sha256 } = await writeEvidenceFile(tx, applicationId);
  await tx`
    insert into evidence_files ${tx({ id, clientId, applicationId, sha256, file })} on conflict (id) do nothing`;
  const [kept] = await tx<{ sha256: string }[]>`select sha256 from evidence_files where id = ${id}`;
  return kept!.sha256;
}

/** Finds a file that was frozen; null if there is none of that digest. */
export async function findFrozenEvidenceFile(
  sql: Db,
  applicationId: string,
  sha256: string,
): Promise<WrittenEvidenceFile | null> {
  const [row] = await sql<{ file: string }[]>`
    select file from evidence_files where application_id = ${applicationId} and sha256 = ${sha256} limit 1`;
  return row ? { file: JSON.parse(row.file) as EvidenceFile, json: row.file, sha256 } : null;
}
