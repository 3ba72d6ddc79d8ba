import { STAFF_ROLES } from '../../domain/kernel/codes';
import { isInStep } from '../../domain/applications/step';
import { findApplication } from '../../record/applications/applications';
import { countApplications, listApplications } from '../../record/applications/applications-list';
import { listTimelineWithMessages } from '../../record/applications/timeline';
import type { Deps } from '../kernel/deps';
import { Problem } from '../kernel/errors';
import { answerPage } from '../kernel/listing';
import { answerCreated, answerOk, route, type Route } from '../kernel/route';
import {
  application,
  applicationGroups,
  applicationInput,
  applicationSummary,
  applicationsQuery,
  summaryQuery,
  timelineEntry,
  timelineQuery,
  workflowState,
} from './applications-schemas';
import { describePage } from '../kernel/schemas';
import { showApplication } from './applications-actions';
import { openOrAdopt } from './applications-opening';
import { checkFilter } from '../kernel/filters';

const tag = 'applications';
const QUERY_MS = 3000;

export const applicationRoutes = (deps: Deps): Route[] => [
  route({
    method: 'post',
    path: '/v1/applications',
    summary: 'Open an application, or adopt one that was started elsewhere',
    description:
      'At most one is open for a provider, practice, payer, state, line of business and kind (and location, where one ' +
      'is given). It starts in `preparing` and moves on by itself; an adopted one starts in its stage, and what is ' +
      'missing in the file becomes a blocker.',
    tag,
    access: 'applications:work',
    body: applicationInput,
    responses: {
      201: { description: 'The application', schema: application },
      202: { description: 'The application; its workflow starts once Temporal is there', schema: application },
    },
    handler: async ({ principal, body, commandId: id }) => {
      const starting = await openOrAdopt(deps, { principal, body, id });
      const made = findApplication(deps.sql, principal, id).then((kept) => showApplication(deps, kept!));
      const [started, answer] = await Promise.all([starting.started, made]);
      return { ...answerCreated(`/v1/applications/${id}`, answer), ...(!started && { status: 202 }) };
    },
  }),
  route({
    method: 'get',
    path: '/v1/applications',
    summary: 'List applications',
    tag,
    access: 'applications:read',
    namesUser: { assignee: 'filter' },
    query: applicationsQuery,
    responses: { 200: { description: 'The applications', schema: describePage(applicationSummary) } },
    handler: async ({ principal, query: { sort, limit, cursor, ...filter } }) => {
      await checkFilter(deps.sql, principal, filter);
      return answerPage(await listApplications(deps.sql, principal, filter, { sort, limit, cursor }), (item) => item);
    },
  }),
  route({
    method: 'get',
    path: '/v1/applications/summary',
    summary: 'Count applications',
    tag,
    access: 'applications:read',
    query: summaryQuery,
    responses: { 200: { description: 'The largest group first', schema: applicationGroups } },
    handler: async ({ principal, query }) =>
      answerOk({ items: await countApplications(deps.sql, principal, query.groupBy) }),
  }),
  route({
    method: 'get',
    path: '/v1/applications/{id}',
    summary: 'Read an application',
    tag,
    access: 'applications:read',
    subject: ({ principal, params }) => findApplication(deps.sql, principal, params.id),
    responses: { 200: { description: 'The application', schema: application } },
    handler: async ({ subject }) => answerOk(await showApplication(deps, subject)),
  }),
  route({
    method: 'get',
    path: '/v1/applications/{id}/timeline',
    summary: 'Read the timeline of an application',
    description:
      'All entries in order. An entry that was struck out stays, with the reason. Internal notes and the `notes` of a ' +
      `contact are for the operator’s staff: the roles ${STAFF_ROLES.join(', ')}.`,
    tag,
    access: 'applications:read',
    subject: ({ principal, params }) => findApplication(deps.sql, principal, params.id),
    query: timelineQuery,
    responses: { 200: { description: 'The entries of the timeline', schema: describePage(timelineEntry) } },
    handler: async ({ principal, subject, query: { limit, cursor: after } }) =>
      answerPage(await listTimelineWithMessages(deps.sql, principal, subject.id, { limit, after }), (item) => item),
  }),
  route({
    method: 'get',
    path: '/v1/applications/{id}/workflow',
    summary: 'Read the state of an application’s workflow',
    description:
      'For operations: every other answer comes from the record. `alive` is false where the workflow does not run although ' +
      'it should; it is started again from the record.',
    tag,
    access: 'operations:read',
    subject: ({ principal, params }) => findApplication(deps.sql, principal, params.id),
    responses: { 200: { description: 'The state of the workflow', schema: workflowState } },
    problems: [409],
    handler: async ({ principal, subject }) => {
      const live = await deps.dispatch.query(subject.id, QUERY_MS);
      if (!live) throw new Problem('no_workflow');
      const record = await findApplication(deps.sql, principal, subject.id);
      return answerOk({ ...live, inStep: live.progress !== null && isInStep(live.progress, record!.snapshot) });
    },
  }),
];
