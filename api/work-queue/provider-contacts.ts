import { z } from 'zod';
import { CONTACT_CHANNELS, PROVIDER_OUTCOMES } from '../../domain/kernel/codes';
import { findProvider } from '../../record/registry/providers';
import {
  listProviderContacts,
  logProviderContact,
  selectOwnApplications,
} from '../../record/work-queue/provider-contacts';
import type { Deps } from '../kernel/deps';
import { answerPage } from '../kernel/listing';
import { checkFilter } from '../kernel/filters';
import { listUnknown } from '../kernel/references';
import { answerCreated, route, type Route } from '../kernel/route';
import {
  actor,
  date,
  id,
  listOfIds,
  instant,
  longText,
  describePage,
  pageQuery,
  describeDate,
} from '../kernel/schemas';
import { refuseErrors } from '../kernel/validation';

const MOST_APPLICATIONS = 100;
const fields = { channel: z.enum(CONTACT_CHANNELS), outcome: z.enum(PROVIDER_OUTCOMES) };

const providerContactInput = z
  .strictObject({
    ...fields,
    on: describeDate('ProviderContactInput.on').meta({ description: 'The day of the contact' }),
    applicationIds: listOfIds(MOST_APPLICATIONS)
      .optional()
      .meta({ description: 'The provider’s applications that it was about; left out, none in particular' }),
    notes: longText.optional(),
  })
  .meta({ id: 'ProviderContactInput' });

const providerContact = z
  .strictObject({
    ...fields,
    id,
    clientId: id,
    providerId: id,
    on: date,
    applicationIds: z.array(id),
    notes: longText.nullable(),
    recordedBy: actor,
    createdAt: instant,
  })
  .meta({ id: 'ProviderContact' });

const tag = 'work queue';

export const providerContactRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'post',
    path: '/v1/providers/{id}/contacts',
    summary: 'Log a contact with a provider',
    description:
      'A contact is what was said to the provider, or left for them. It settles no item of the queue: an attestation, a document or an ' +
      'entry in the file does.',
    tag,
    access: 'applications:follow_up',
    subject: ({ principal, params }) => findProvider(sql, principal, params.id),
    body: providerContactInput,
    responses: { 201: { description: 'The contact', schema: providerContact } },
    handler: async ({ principal, subject, body, commandId }) => {
      const { applicationIds = [] } = body;
      refuseErrors(
        listUnknown('applicationIds', applicationIds, await selectOwnApplications(sql, subject.id, applicationIds)),
      );
      const made = await logProviderContact(sql, principal, commandId, subject, body);
      return answerCreated(`/v1/providers/${subject.id}/contacts`, made);
    },
  }),
  route({
    method: 'get',
    path: '/v1/providers/{id}/contacts',
    summary: 'List the contacts with a provider',
    tag,
    access: 'operations:read',
    subject: ({ principal, params }) => findProvider(sql, principal, params.id),
    query: pageQuery.extend({ applicationId: id.optional() }),
    responses: { 200: { description: 'Contacts in order of recording', schema: describePage(providerContact) } },
    handler: async ({ principal, subject, query: { applicationId, ...page } }) => {
      await checkFilter(sql, principal, { applicationId }, { clientId: subject.clientId });
      return answerPage(await listProviderContacts(sql, principal, subject.id, applicationId, page), (item) => item);
    },
  }),
];
