import { z } from 'zod';
import { listCertificateKeys, rotateCertificateKey } from '../../record/billing/certificate-keys';
import {
  findCertificate,
  issueCertificate,
  listCertificates,
  revokeCertificate,
  type IssuedCertificate,
} from '../../record/billing/certificates';
import { readLetterhead } from '../../record/kernel/settings';
import { PAPER_COST } from '../kernel/costs';
import type { Deps } from '../kernel/deps';
import { Problem } from '../kernel/errors';
import { checkFilter } from '../kernel/filters';
import { answerPage } from '../kernel/listing';
import { answerCreated, answerOk, route, type Route } from '../kernel/route';
import { describePage } from '../kernel/schemas';
import {
  certificateInput,
  certificateKey,
  certificateQuery,
  issuedCertificate,
  revocationInput,
} from './certificate-schemas';
import { OF_OTHER_CLIENT, buildUnknownProblem } from './readiness';

const tag = 'billing readiness';
const path = '/v1/billing-readiness/certificates';

const showCertificate = (issued: IssuedCertificate) => ({ ...issued, holds: issued.endedAt === null });

export const certificateRoutes = ({ sql, keyring, press }: Deps): Route[] => [
  route({
    method: 'post',
    path,
    summary: 'Issue the answer to a question as a signed certificate',
    description:
      'The answer of billing readiness as it is now, yes or no, with its facts, their sources, and the hashes of their documents, ' +
      'signed by a key of this deployment (Ed25519). It never changes. Where the answer, or a fact that it names, becomes ' +
      'another, it no longer holds: then the feed has `certificate.ended`, and the holder is written to.',
    tag,
    access: 'certificates:issue',
    body: certificateInput,
    responses: { 201: { description: 'The certificate', schema: issuedCertificate } },
    problems: [404],
    handler: async ({ principal, commandId, body: { holder, ...question } }) => {
      const { lineOfBusiness, locationId, ...asked } = question;
      const issued = await issueCertificate(sql, keyring, principal, {
        id: commandId,
        question: { ...asked, ...(lineOfBusiness && { lineOfBusiness }), ...(locationId && { locationId }) },
        holder,
      });
      if ('unknown' in issued) throw issued.ofOtherClient ? OF_OTHER_CLIENT : buildUnknownProblem(...issued.unknown);
      return answerCreated(`${path}/${issued.id}`, showCertificate(issued));
    },
  }),
  route({
    method: 'get',
    path,
    summary: 'List certificates, and which of them no longer hold',
    tag,
    access: 'certificates:read',
    query: certificateQuery,
    responses: {
      200: { description: 'Certificates in the order of their issue', schema: describePage(issuedCertificate) },
    },
    handler: async ({ principal, query: { limit, cursor, ...filter } }) => {
      const { clientId, providerId } = filter;
      await checkFilter(sql, principal, { clientId, providerId });
      const found = await listCertificates(sql, principal, filter, { limit, ...(cursor && { cursor }) });
      return answerPage(found, showCertificate);
    },
  }),
  route({
    method: 'get',
    path: `${path}/{id}`,
    summary: 'Read a certificate',
    tag,
    access: 'certificates:read',
    subject: ({ principal, params }) => findCertificate(sql, principal, params.id),
    responses: { 200: { description: 'The certificate', schema: issuedCertificate } },
    handler: async ({ subject }) => answerOk(showCertificate(subject)),
  }),
  route({
    method: 'get',
    path: `${path}/{id}/pdf`,
    summary: 'Print a certificate',
    description: 'The certificate as a PDF, with the file that is verified within it.',
    tag,
    access: 'certificates:read',
    subject: ({ principal, params }) => findCertificate(sql, principal, params.id),
    cost: () => PAPER_COST,
    responses: { 200: { description: 'The paper', also: ['application/pdf'] } },
    handler: async ({ subject: { id, certificate, signature } }) => {
      const body = await press.make('certificate', certificate, signature, await readLetterhead(sql));
      return { status: 200, body, type: 'pdf', filename: `certificate-${id}.pdf` };
    },
  }),
  route({
    method: 'post',
    path: `${path}/{id}/revocation`,
    summary: 'Revoke a certificate',
    description: 'From now on it does not hold, whatever the record says. Its holder is written to.',
    tag,
    access: 'certificates:revoke',
    subject: ({ principal, params }) => findCertificate(sql, principal, params.id),
    body: revocationInput,
    responses: { 200: { description: 'The certificate', schema: issuedCertificate } },
    handler: async ({ principal, subject, body: { reason } }) => {
      const revoked = await revokeCertificate(sql, principal, subject.id, reason);
      if (!revoked) throw new Problem('certificate_ended');
      return answerOk(showCertificate(revoked));
    },
  }),
  route({
    method: 'post',
    path: '/v1/certificate-keys',
    summary: 'Replace the key that signs certificates',
    description: 'Earlier keys stay, so that what they signed is verified. The first certificate makes the first key.',
    tag,
    access: 'settings:write',
    responses: { 201: { description: 'The key that signs from now on', schema: certificateKey } },
    handler: async ({ principal }) =>
      answerCreated('/.well-known/certificate-keys.json', await rotateCertificateKey(sql, keyring, principal)),
  }),
  route({
    method: 'get',
    path: '/.well-known/certificate-keys.json',
    summary: 'List the public keys by which certificates are verified',
    tag,
    access: 'public',
    responses: {
      200: {
        description: 'The one that signs today first',
        schema: z.strictObject({ items: z.array(certificateKey) }),
      },
    },
    handler: async () => answerOk({ items: await listCertificateKeys(sql) }),
  }),
];
