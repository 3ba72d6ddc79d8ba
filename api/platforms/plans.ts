import { z } from 'zod';
import { readClock } from '../../runtime/clock';
import { CHECKLIST_ITEMS, type ChecklistItem } from '../../domain/platforms/checklist';
import { SERVICES } from '../../domain/platforms/plans';
import { readChecklist, putChecklistEntry } from '../../record/platforms/checklist';
import { readPlan, putServices, readDecisionSheet } from '../../record/platforms/plans';
import { findRelationship } from '../../record/platforms/platforms';
import type { Deps } from '../kernel/deps';
import { answerOk, route, type Route } from '../kernel/route';
import { placeQuery } from './consequences-schemas';
import { addOldNames, restoreOldNames } from '../kernel/old-names';
import {
  checklist,
  checklistEntry,
  checklistInput,
  CHECKLIST_NAMES,
  plan,
  planQuery,
  services,
  servicesInput,
  sheet,
} from './plans-schemas';
import { refuseErrors } from '../kernel/validation';
import { checkPlace, listLeaveContradictions } from './consequences';

const tag = 'leaving a platform';

const isItem = (text: string): text is ChecklistItem => (CHECKLIST_ITEMS as readonly string[]).includes(text);
const UNKNOWN_ITEM = { path: 'item', rule: 'one_of', message: `must be one of ${CHECKLIST_ITEMS.join(', ')}` };
const NOTHING = { owner: null, due: null, doneOn: null, note: null };

const addChecklistNames = addOldNames(CHECKLIST_NAMES);

export const planRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'put',
    path: '/v1/platform-relationships/{id}/services',
    summary: 'Record what the platform does today',
    description: 'It replaces the earlier list.',
    tag,
    access: 'registry:write',
    subject: ({ principal, params }) => findRelationship(sql, principal, params.id),
    body: servicesInput,
    responses: {
      200: { description: 'The services of the platform, with the version of the relationship', schema: services },
    },
    handler: async ({ principal, subject, body: { items }, ifMatch }) => {
      const entries = SERVICES.flatMap((service) => {
        const stated = items[service];
        return stated ? { service, does: stated.does, notes: stated.notes ?? null } : [];
      });
      return answerOk({ items, version: await putServices(sql, principal, subject, entries, ifMatch) });
    },
  }),
  route({
    method: 'get',
    path: '/v1/platform-relationships/{id}/decision-sheet',
    summary: 'Compare what the platform does today with what direct contracts require',
    tag,
    access: 'registry:read',
    subject: ({ principal, params }) => findRelationship(sql, principal, params.id),
    query: placeQuery,
    responses: { 200: { description: 'The sheet', schema: sheet } },
    handler: async ({ principal, subject, query }) => {
      await checkPlace(sql, principal, subject, query);
      const { id: relationshipId, platform, decision, decisionReason } = subject;
      const found = await readDecisionSheet(sql, principal, subject, { ...query, now: readClock() });
      return answerOk({ relationshipId, platform, decision, decisionReason, ...found });
    },
  }),
  route({
    method: 'get',
    path: '/v1/platform-relationships/{id}/transition-plan',
    summary: 'Read the plan for direct contracts: expected dates, what can start today, and what blocks each',
    tag,
    access: 'registry:read',
    subject: ({ principal, params }) => findRelationship(sql, principal, params.id),
    query: planQuery,
    contradicts: listLeaveContradictions,
    responses: { 200: { description: 'The plan', schema: plan } },
    handler: async ({ principal, subject, query }) => {
      await checkPlace(sql, principal, subject, query, listLeaveContradictions({ subject, given: query }));
      return answerOk((await readPlan(sql, principal, subject, { ...query, now: readClock() })).plan);
    },
  }),
  route({
    method: 'get',
    path: '/v1/platform-relationships/{id}/checklist',
    summary: 'Read the checklist of what the practice needs before it leaves the platform',
    tag,
    access: 'registry:read',
    subject: ({ principal, params }) => findRelationship(sql, principal, params.id),
    responses: { 200: { description: 'The whole checklist, in order', schema: checklist } },
    handler: async ({ principal, subject: { id, version } }) =>
      answerOk({ items: (await readChecklist(sql, principal, id)).map(addChecklistNames), version }),
  }),
  route({
    method: 'put',
    path: '/v1/platform-relationships/{id}/checklist/{item}',
    summary: 'Record the status of a checklist item',
    description: `The items are ${CHECKLIST_ITEMS.join(', ')}. A field that is left out is cleared.`,
    tag,
    access: 'registry:write',
    // Any text, so that the answer to an unknown item lists the known ones.
    params: { item: z.string().meta({ enum: [...CHECKLIST_ITEMS] }) },
    subject: ({ principal, params }) => findRelationship(sql, principal, params.id),
    body: checklistInput,
    responses: { 200: { description: 'The item, with the version of the relationship', schema: checklistEntry } },
    handler: async ({ principal, params: { item }, subject, body, ifMatch }) => {
      refuseErrors(isItem(item) ? [] : [UNKNOWN_ITEM]);
      const entry = { ...NOTHING, ...restoreOldNames(CHECKLIST_NAMES)(body), item: item as ChecklistItem };
      return answerOk(addChecklistNames(await putChecklistEntry(sql, principal, subject, entry, ifMatch)));
    },
  }),
];
