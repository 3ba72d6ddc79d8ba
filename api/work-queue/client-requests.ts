import { z } from 'zod';
import { CLIENT_REQUEST_KINDS, CONTACT_CHANNELS } from '../../domain/kernel/codes';
import { findClient } from '../../record/registry/clients';
import { listClientRequests, logClientRequest } from '../../record/work-queue/client-requests';
import type { Deps } from '../kernel/deps';
import { answerPage } from '../kernel/listing';
import { listWorkerErrors } from '../kernel/references';
import { answerCreated, route, type Route } from '../kernel/route';
import {
  actor,
  date,
  id,
  instant,
  line,
  longText,
  describePage,
  pageQuery,
  describeDate,
  requireOrder,
  BESIDE_BAD_FIELDS,
} from '../kernel/schemas';
import { refuseErrors } from '../kernel/validation';

const fields = { kind: z.enum(CLIENT_REQUEST_KINDS), channel: z.enum(CONTACT_CHANNELS), words: longText };

const clientRequestInput = z
  .strictObject({
    ...fields,
    receivedOn: describeDate('ClientRequestInput.receivedOn'),
    askedBy: line.optional(),
    assignee: id.meta({ description: 'The user who answers it' }),
    dueOn: describeDate('ClientRequestInput.dueOn').meta({
      description: 'The day, in the client’s time zone, by which it is to be answered',
    }),
  })
  .superRefine(requireOrder('ClientRequestInput'), BESIDE_BAD_FIELDS)
  .meta({ id: 'ClientRequestInput' });

const clientRequest = z
  .strictObject({
    ...fields,
    id,
    clientId: id,
    receivedOn: date,
    askedBy: line.nullable(),
    assignee: id.nullable(),
    dueOn: date,
    taskId: id.meta({ description: 'The task of answering it' }),
    answeredAt: instant.nullable().meta({ description: 'The instant at which the task was completed' }),
    recordedBy: actor,
    createdAt: instant,
  })
  .meta({ id: 'ClientRequest' });

const tag = 'work queue';

export const clientRequestRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'post',
    path: '/v1/clients/{id}/requests',
    summary: 'Log a question or complaint of a client, with who answers it and by when',
    description: 'The request becomes a task of kind `client_request`; completing the task records the answer.',
    tag,
    access: 'applications:follow_up',
    subject: ({ principal, params }) => findClient(sql, principal, params.id),
    namesUser: { assignee: 'worker' },
    body: clientRequestInput,
    responses: { 201: { description: 'The request', schema: clientRequest } },
    handler: async ({ principal, subject, body, commandId }) => {
      const at = { path: 'assignee', userId: body.assignee, clientId: subject.id };
      refuseErrors(await listWorkerErrors(sql, principal, at));
      const made = await logClientRequest(sql, principal, commandId, subject, body);
      return answerCreated(`/v1/tasks/${made.taskId}`, made);
    },
  }),
  route({
    method: 'get',
    path: '/v1/clients/{id}/requests',
    summary: 'List the questions and complaints of a client',
    tag,
    access: 'operations:read',
    subject: ({ principal, params }) => findClient(sql, principal, params.id),
    query: pageQuery,
    responses: { 200: { description: 'Requests in order of creation', schema: describePage(clientRequest) } },
    handler: async ({ principal, subject, query }) =>
      answerPage(await listClientRequests(sql, principal, subject.id, query), (item) => item),
  }),
];
