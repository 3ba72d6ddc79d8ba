import { findClient } from '../../record/registry/clients';
import { createDocument, findDocument, listDocuments } from '../../record/registry/documents';
import { findPractice } from '../../record/registry/practices';
import { findProvider } from '../../record/registry/providers';
import { addOnce } from '../kernel/duplicates';
import type { Deps } from '../kernel/deps';
import { answerPage } from '../kernel/listing';
import { answerCreated, answerOk, route, type Route } from '../kernel/route';
import { describePage, pageQuery, UNKNOWN_REFERENCE } from '../kernel/schemas';
import { document, documentInput } from './documents-schemas';
import { refuseErrors } from '../kernel/validation';

const tag = 'documents';

export const documentRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'post',
    path: '/v1/clients/{id}/documents',
    summary: 'Register a document',
    description:
      'A document has a kind and the hash of its content, for evidence and proof to point at; the file itself is stored by ' +
      '`PUT /v1/documents/{id}/content`. The same file (`sha256`) as a document of the ' +
      'same kind, owner and end date is refused with the id of the first, unless `evenIfExists` says that another is meant. ' +
      'The same file may be of several kinds, or belong to several people; with another `expiresOn` it takes the place of the one before.',
    tag,
    access: 'registry:write',
    subject: ({ principal, params }) => findClient(sql, principal, params.id),
    body: documentInput,
    responses: { 201: { description: 'The document', schema: document } },
    handler: async ({ principal, subject, body, commandId }) => {
      const [provider, practice] = await Promise.all([
        body.providerId && findProvider(sql, principal, body.providerId),
        body.practiceId && findPractice(sql, principal, body.practiceId),
      ]);
      refuseErrors(
        Object.entries({ providerId: provider, practiceId: practice }).flatMap(([path, found]) =>
          found === undefined || (found && found.clientId === subject.id) ? [] : [{ path, ...UNKNOWN_REFERENCE }],
        ),
      );
      const made = await addOnce('duplicate_document', () =>
        createDocument(sql, principal, commandId, subject.id, body),
      );
      return answerCreated(`/v1/clients/${subject.id}/documents/${made.id}`, made);
    },
  }),
  route({
    method: 'get',
    path: '/v1/clients/{id}/documents',
    summary: "List a client's documents",
    tag,
    access: 'registry:read',
    subject: ({ principal, params }) => findClient(sql, principal, params.id),
    query: pageQuery,
    responses: { 200: { description: 'Documents in order of registration', schema: describePage(document) } },
    handler: async ({ principal, subject, query }) =>
      answerPage(await listDocuments(sql, principal, subject.id, query), (item) => item),
  }),
  route({
    method: 'get',
    path: '/v1/clients/{id}/documents/{documentId}',
    summary: 'Read a document',
    tag,
    access: 'registry:read',
    subject: async ({ principal, params }) => {
      const found = await findDocument(sql, principal, params.documentId);
      return found?.clientId === params.id ? found : null;
    },
    responses: { 200: { description: 'The document', schema: document } },
    handler: async ({ subject }) => answerOk(subject),
  }),
];
