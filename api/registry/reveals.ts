import { findPractice } from '../../record/registry/practices';
import { findProvider } from '../../record/registry/providers';
import { findRevealedValue, readNumber, readTin, revealValue } from '../../record/registry/reveals';
import type { Deps } from '../kernel/deps';
import { refuseFields } from '../kernel/errors';
import { answerOk, route, type Route } from '../kernel/route';
import { NOT_ON_FILE, practiceReveal, providerReveal, revealed } from './reveals-schemas';

const DESCRIPTION =
  'One at a time: who asked for it, and why, is in the audit log. `value` is in the answer, and again in one to a retry with ' +
  'the same Idempotency-Key within ten minutes.';

export const revealRoutes = ({ sql, keyring }: Deps): Route[] => [
  route({
    method: 'post',
    path: '/v1/practices/{id}/reveals',
    summary: "Reveal a practice's tax id",
    description: DESCRIPTION,
    tag: 'practices',
    access: 'identifiers:reveal',
    subject: ({ principal, params }) => findPractice(sql, principal, params.id),
    body: practiceReveal,
    secret: { name: 'value', read: (commandId) => findRevealedValue(sql, keyring, commandId) },
    responses: { 200: { description: 'The tax id', schema: revealed } },
    handler: async ({ principal, subject: { id, clientId }, body, commandId }) => {
      const value = await readTin(sql, keyring, id);
      if (value === null) throw refuseFields(NOT_ON_FILE);
      const reveal = { clientId, subjectType: 'practice', subjectId: id, ...body } as const;
      await revealValue(sql, keyring, principal, commandId, reveal, value);
      return answerOk({ field: body.field });
    },
  }),
  route({
    method: 'post',
    path: '/v1/providers/{id}/reveals',
    summary: 'Reveal a DEA or policy number of a provider',
    description: `${DESCRIPTION} With \`If-Match\` it is of the version that was read.`,
    tag: 'providers',
    access: 'identifiers:reveal',
    subject: ({ principal, params }) => findProvider(sql, principal, params.id),
    body: providerReveal,
    secret: { name: 'value', read: (commandId) => findRevealedValue(sql, keyring, commandId) },
    responses: { 200: { description: 'The number', schema: revealed } },
    handler: async ({ principal, subject, body, commandId, ifMatch }) => {
      ifMatch(subject.version);
      const value = readNumber(keyring, subject, body.field);
      if (value === null) throw refuseFields(NOT_ON_FILE);
      const reveal = { clientId: subject.clientId, subjectType: 'provider', subjectId: subject.id, ...body } as const;
      await revealValue(sql, keyring, principal, commandId, reveal, value);
      return answerOk({ field: body.field });
    },
  }),
];
