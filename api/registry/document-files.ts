import { randomBytes, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { FILE_TYPES, nameDownload, type FileType } from '../../domain/registry/file-types';
import {
  beginFile,
  findStoredFile,
  deleteUnstoredFile,
  keepFile,
  recordFileUse,
} from '../../record/registry/document-files';
import { findDocument, type Document } from '../../record/registry/documents';
import { createLink, findLink, findLinkToken, listLinks, revokeLink } from '../../record/registry/document-links';
import type { Principal } from '../../record/kernel/principal';
import { FileRefused, measureFile, readSpooledFile, gatherFile, type MeasuredFile } from '../../runtime/storage/intake';
import { checkFile } from '../../runtime/storage/scanner';
import { openFile } from '../../runtime/storage/sealing';
import { StoreUnavailable } from '../../runtime/storage/store';
import type { Deps, Files } from '../kernel/deps';
import { Problem } from '../kernel/errors';
import { answerPage } from '../kernel/listing';
import { answerCreated, answerNoContent, answerOk, route, type Answer, type Route, type Upload } from '../kernel/route';
import { describePage, pageQuery } from '../kernel/schemas';
import { document, documentLink, linkInput } from './documents-schemas';

const tag = 'documents';
const DEFAULT_MAX_BYTES = 26_214_400;
const DEFAULT_MINUTES = 60;
/** The media type of a file whose sender does not say what it is. */
const ANY_FILE = 'application/octet-stream';

export const documentFileRoutes = (deps: Deps): Route[] => {
  const { sql, keyring, files } = deps;
  const maxBytes = files?.maxBytes ?? DEFAULT_MAX_BYTES;
  const findSubject = ({ principal, params }: { principal: Principal; params: { id: string } }) =>
    findDocument(sql, principal, params.id);
  return [
    route({
      method: 'put',
      path: '/v1/documents/{id}/content',
      summary: 'Store the file of a document',
      description:
        'The file as it is: PDF, PNG, JPEG or TIFF by its content, which a Content-Type other than `application/octet-stream` ' +
        'must not contradict, and with the SHA-256 of the document. It is kept sealed. Sent again, it changes nothing; another ' +
        'file is refused, and belongs to a document of its own.',
      tag,
      access: 'registry:write',
      subject: findSubject,
      file: {
        types: [ANY_FILE, ...FILE_TYPES],
        maxBytes,
        description: `The file, at most ${maxBytes} bytes`,
        streamed: true,
      },
      responses: { 200: { description: 'The document with its file', schema: document } },
      handler: async ({ principal, subject, upload }) => {
        await (subject.content
          ? compareUpload(subject, upload, maxBytes)
          : storeUpload(deps, principal, subject, upload));
        return answerOk(await findDocument(sql, principal, subject.id));
      },
    }),
    route({
      method: 'get',
      path: '/v1/documents/{id}/content',
      summary: 'Read the file of a document',
      description: 'Each reading is in the audit log.',
      tag,
      access: 'documents:read',
      subject: findSubject,
      responses: { 200: { description: 'The file', also: [...FILE_TYPES] } },
      problems: [410],
      handler: async ({ principal, subject }) => {
        const answer = await answerFile(deps, subject);
        await recordFileUse(sql, principal, subject, { action: 'document.read' });
        return answer;
      },
    }),
    route({
      method: 'post',
      path: '/v1/documents/{id}/links',
      summary: 'Create a link to the file of a document',
      description:
        'An address under which the file is read without a key, until it expires or is revoked. It ends with the key or the user ' +
        'that made it.',
      tag,
      access: 'documents:share',
      subject: findSubject,
      body: linkInput,
      secret: {
        name: 'url',
        read: async (commandId) => {
          const token = await findLinkToken(sql, keyring, commandId);
          return token && `/document-links/${token}`;
        },
      },
      responses: { 201: { description: 'The link', schema: documentLink } },
      problems: [410],
      handler: async ({ principal, subject, body, commandId }) => {
        if (!subject.content) throw refuseAbsent(subject);
        if (subject.containsPhi) throw new Problem('contains_phi');
        const minutes = body.expiresInMinutes ?? DEFAULT_MINUTES;
        const made = await createLink(sql, keyring, principal, commandId, { document: subject, minutes });
        return answerCreated(`/v1/documents/${subject.id}/links/${made.id}`, made);
      },
    }),
    route({
      method: 'get',
      path: '/v1/documents/{id}/links',
      summary: 'List the links to the file of a document',
      tag,
      access: 'documents:share',
      subject: findSubject,
      query: pageQuery,
      responses: {
        200: { description: 'Links in the order in which they were made', schema: describePage(documentLink) },
      },
      handler: async ({ principal, subject, query }) =>
        answerPage(await listLinks(sql, principal, subject.id, query), (one) => one),
    }),
    route({
      method: 'get',
      path: '/v1/documents/{id}/links/{linkId}',
      summary: 'Read a link to the file of a document',
      tag,
      access: 'documents:share',
      subject: ({ principal, params }) => findLink(sql, principal, params.id, params.linkId),
      responses: { 200: { description: 'The link', schema: documentLink } },
      handler: async ({ subject }) => answerOk(subject),
    }),
    route({
      method: 'delete',
      path: '/v1/documents/{id}/links/{linkId}',
      summary: 'Revoke a link to the file of a document',
      tag,
      access: 'documents:share',
      subject: ({ principal, params }) => findLink(sql, principal, params.id, params.linkId),
      responses: { 204: { description: 'The link opens nothing any more' } },
      handler: async ({ principal, subject }) => {
        await revokeLink(sql, principal, subject);
        return answerNoContent();
      },
    }),
  ];
};

/** The file of a document as it is read, and what to save it as. */
interface OpenedFile {
  pieces: AsyncIterable<Buffer>;
  type: FileType;
  filename: string;
}

/** Opens the file of a document up to its first piece, so that one that is damaged is known at once; null where none is kept. */
export async function openStored(
  { sql, keyring, files }: Deps,
  { id, name }: Pick<Document, 'id' | 'name'>,
): Promise<OpenedFile | null> {
  const file = await findStoredFile(sql, keyring, id);
  if (!file) return null;
  const pieces = openFile(await requireFiles(files).store.get(file.id), { key: file.key, owner: id });
  const first = await pieces.next();
  async function* readOn() {
    if (!first.done) yield first.value;
    yield* pieces;
  }
  return { pieces: readOn(), type: file.type, filename: nameDownload(name, file.type) };
}

/** Answers with a document's file. */
export async function answerFile(
  deps: Deps,
  named: Pick<Document, 'id' | 'name'> & { contentPurgedAt?: string | null },
): Promise<Answer> {
  const opened = await openStored(deps, named);
  if (!opened) throw refuseAbsent(named);
  const { pieces, ...rest } = opened;
  return { status: 200, body: Readable.from(pieces), ...rest };
}

const refuseAbsent = ({ contentPurgedAt }: { contentPurgedAt?: string | null }): Problem =>
  new Problem(contentPurgedAt ? 'file_purged' : 'no_file');

function requireFiles(files: Files | undefined): Files {
  if (!files) throw new StoreUnavailable('no store is set up');
  return files;
}

/** Takes in a file: sealed while it arrives, measured, scanned, put into the store, and only then the document's. */
async function storeUpload(
  { sql, keyring, files, logger }: Deps,
  principal: Principal,
  subject: Document,
  upload: Upload,
): Promise<void> {
  const { store, maxBytes, scanner } = requireFiles(files);
  const [id, key] = [randomUUID(), randomBytes(32)];
  const fileKey = { key, owner: subject.id };
  await beginFile(sql, id, subject);
  try {
    const spooled = await gatherFile(upload.bytes, { store, id, fileKey, maxBytes });
    checkUpload(subject, upload, spooled);
    if (scanner && !(await checkFile(scanner, openFile(readSpooledFile(spooled.path), fileKey)))) {
      await recordFileUse(sql, principal, subject, { action: 'document.refuse' });
      throw new Problem('refused_by_scanner');
    }
    await store.put(id, spooled.path);
    if (await keepFile(sql, keyring, principal, subject, { ...spooled, id, key })) return;
  } catch (error) {
    await removeUpload();
    throw explainRefusal(error);
  }
  // another upload of the same file was quicker
  await removeUpload();

  async function removeUpload(): Promise<void> {
    try {
      await store.remove(id);
      await deleteUnstoredFile(sql, id);
    } catch (error) {
      logger.warn({ err: error }, 'what an upload left is removed later');
    }
  }
}

/** Compares an upload with the file that is stored; throws if it is another. */
async function compareUpload(subject: Document, upload: Upload, maxBytes: number): Promise<void> {
  try {
    const { sha256 } = await measureFile(upload.bytes, maxBytes);
    if (sha256 !== subject.sha256.toLowerCase()) throw new Problem('other_file');
  } catch (error) {
    throw error instanceof FileRefused && error.reason === 'type' ? new Problem('other_file') : explainRefusal(error);
  }
}

function checkUpload({ sha256 }: Document, upload: Upload, { sha256: found, type }: MeasuredFile): void {
  if (upload.type !== ANY_FILE && upload.type !== type) throw new Problem('other_file_type');
  if (found !== sha256.toLowerCase()) throw new Problem('wrong_hash');
}

const explainRefusal = (error: unknown): unknown =>
  error instanceof FileRefused ? new Problem(error.reason === 'type' ? 'file_type_not_kept' : 'body_too_large') : error;
