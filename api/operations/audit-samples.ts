import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { KINDS } from '../../domain/kernel/codes';
import { writeZip, type ArchivedFile } from '../../papers/zip';
import { writeEvidenceFile } from '../../record/applications/evidence-file';
import { listTimelineWithMessages, type TimelineEntry } from '../../record/applications/timeline';
import type { Principal } from '../../record/kernel/principal';
import type { Letterhead } from '../../domain/kernel/letterhead';
import { readLetterhead } from '../../record/kernel/settings';
import { recordFileUse } from '../../record/registry/document-files';
import { findDocument } from '../../record/registry/documents';
import { drawSample, findSample, recordSampleExport, type Sample } from '../../record/operations/audit-samples';
import { beginAtOneMoment, type Sql } from '../../runtime/database';
import { PAPER_COST } from '../kernel/costs';
import type { Deps } from '../kernel/deps';
import { answerCreated, answerOk, route, type Route } from '../kernel/route';
import { openStored } from '../registry/document-files';
import { actor, BESIDE_BAD_FIELDS, describeDate, id, instant, line, requireOrder } from '../kernel/schemas';

const tag = 'audit';
const access = 'audit:read';

const asked = {
  kind: z.enum(KINDS),
  count: z.int().min(1).max(50).meta({ description: 'How many applications; all, where there are fewer' }),
  seed: line.meta({ description: 'Any text; the same one draws the same applications from the same ones' }),
  from: describeDate('AuditSampleInput.from').meta({ description: 'Put on record on this day or later, in UTC' }),
  to: describeDate('AuditSampleInput.to').meta({ description: 'The last such day' }),
};

const sampleInput = z
  .strictObject(asked)
  .superRefine(requireOrder('AuditSampleInput'), BESIDE_BAD_FIELDS)
  .meta({ id: 'AuditSampleInput' });

const sample = z
  .strictObject({
    id,
    ...asked,
    population: z.int().meta({ description: 'How many there were to draw from, among the clients of the caller' }),
    applicationIds: z.array(id).meta({ description: 'The applications in the order in which they were drawn' }),
    drawnBy: actor,
    createdAt: instant,
  })
  .meta({ id: 'AuditSample' });

export const auditSampleRoutes = (deps: Deps): Route[] => [
  route({
    method: 'post',
    path: '/v1/audit-samples',
    summary: 'Draw a sample of applications for an audit',
    description:
      'Draws from the applications of a kind that were put on record in a period. A sample stays as it was drawn; drawn again with ' +
      'the same seed it is the same, as long as no application was added to the period. `GET …/archive` delivers it.',
    tag,
    access,
    body: sampleInput,
    responses: { 201: { description: 'The sample', schema: sample } },
    handler: async ({ principal, body, commandId }) => {
      const drawn = await drawSample(deps.sql, principal, commandId, body);
      return answerCreated(`/v1/audit-samples/${drawn.id}`, drawn);
    },
  }),
  route({
    method: 'get',
    path: '/v1/audit-samples/{id}',
    summary: 'Read which applications a sample has',
    tag,
    access,
    subject: ({ principal, params }) => findSample(deps.sql, principal, params.id),
    responses: { 200: { description: 'The sample', schema: sample } },
    handler: async ({ subject }) => answerOk(subject),
  }),
  route({
    method: 'get',
    path: '/v1/audit-samples/{id}/archive',
    summary: 'Export a sample as a ZIP archive',
    description:
      'The archive has for each application the evidence file (JSON and PDF), the whole timeline, who approved what, and its documents with their ' +
      'files; `manifest.json` has the SHA-256 of every file. `documents.json` says which documents have no file. That ' +
      'it was exported is in the audit log of each client concerned, and so is each document that was read.',
    tag,
    access,
    subject: ({ principal, params }) => findSample(deps.sql, principal, params.id),
    cost: () => PAPER_COST,
    responses: { 200: { description: 'The archive', also: ['application/zip'] } },
    handler: async ({ principal, subject }) => {
      await recordSampleExport(deps.sql, principal, subject);
      const body = Readable.from(writeZip(listFiles(deps, principal, subject)));
      return { status: 200, body, type: 'application/zip', filename: `audit-sample-${subject.id}.zip` };
    },
  }),
];

/** Lists the files of a sample, one application after the other, and last the manifest with their hashes. */
async function* listFiles(deps: Deps, principal: Principal, drawn: Sample): AsyncGenerator<ArchivedFile> {
  const letterhead = await readLetterhead(deps.sql);
  const files: { path: string; bytes: number; sha256: string }[] = [];
  for (const [index, applicationId] of drawn.applicationIds.entries())
    for await (const { path: name, bytes } of listFilesOf(deps, principal, { applicationId, drawn, letterhead })) {
      const path = `${String(index + 1).padStart(2, '0')}-${applicationId}/${name}`;
      yield { path, bytes: measureBytes(bytes, (measured) => files.push({ path, ...measured })) };
    }
  yield { path: 'manifest.json', bytes: writeJson({ sample: drawn, files }) };
}

/** Forwards a file, and reports at its end how long it is and its hash. */
async function* measureBytes(
  given: ArchivedFile['bytes'],
  reportMeasure: (measured: { bytes: number; sha256: string }) => void,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of given instanceof Uint8Array ? [given] : given) {
    bytes += piece.length;
    hash.update(piece);
    yield piece;
  }
  reportMeasure({ bytes, sha256: hash.digest('hex') });
}

async function* listFilesOf(
  deps: Deps,
  principal: Principal,
  { applicationId, drawn, letterhead }: { applicationId: string; drawn: Sample; letterhead: Letterhead },
): AsyncGenerator<ArchivedFile> {
  const { sql, press } = deps;
  const evidence = await beginAtOneMoment(sql, (tx) => writeEvidenceFile(tx, applicationId));
  yield { path: 'evidence.json', bytes: Buffer.from(evidence.json) };
  yield { path: 'evidence.pdf', bytes: await press.make('evidenceFile', evidence.file, evidence.sha256, letterhead) };
  const timeline = await readTimeline(sql, principal, applicationId);
  yield { path: 'timeline.json', bytes: writeJson(timeline) };
  yield { path: 'approvals.json', bytes: writeJson(timeline.filter(isApproval)) };
  const documents: object[] = [];
  for (const named of evidence.file.documents) {
    const document = await findDocument(sql, principal, named.id);
    const opened = document && (await openStored(deps, document));
    const path = opened && `documents/${named.id}-${opened.filename}`;
    documents.push({ ...named, file: path });
    if (!opened) continue;
    await recordFileUse(sql, principal, document, { action: 'document.read', detail: { auditSampleId: drawn.id } });
    yield { path: path!, bytes: opened.pieces };
  }
  yield { path: 'documents.json', bytes: writeJson(documents) };
}

const PAGE = 1000;

async function readTimeline(sql: Sql, principal: Principal, applicationId: string): Promise<TimelineEntry[]> {
  const entries: TimelineEntry[] = [];
  for (let after: number | null = 0; after !== null;) {
    const page = await listTimelineWithMessages(sql, principal, applicationId, { limit: PAGE, after });
    entries.push(...page.items);
    after = page.next;
  }
  return entries;
}

/** Whether an entry made something count: a fact, an approval of one, a prerequisite that was waived. */
const isApproval = ({ kind }: TimelineEntry): boolean => APPROVING.includes(kind);
const APPROVING: readonly TimelineEntry['kind'][] = ['confirmation', 'approval', 'waiver'];

const writeJson = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
