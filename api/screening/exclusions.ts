import { createHash } from 'node:crypto';
import {
  decideExclusion,
  exclusionsOf,
  findExclusion,
  importList,
  listExclusionChecks,
  listLists,
  RefusedList,
  recordExclusionCheck,
  type ExclusionCheck,
  type ExclusionCheckInput,
  type ExclusionDecision,
  type ExclusionList,
  type Held,
} from '../../record/screening/exclusions';
import { listState } from '../../record/sources/exclusion-source';
import type { Principal } from '../../record/kernel/principal';
import { findPractice } from '../../record/registry/practices';
import { findProvider } from '../../record/registry/providers';
import { readLeie } from '../../registries/leie';
import type { Sql } from '../../runtime/database';
import type { Deps } from '../kernel/deps';
import { invalid, Problem } from '../kernel/errors';
import { listed } from '../kernel/listing';
import { may } from '../kernel/policy';
import { created, ok, route, type Route } from '../kernel/route';
import { pageOf, pageQuery } from '../kernel/schemas';
import {
  exclusion,
  exclusionCheck,
  exclusionCheckInput,
  exclusionDecision,
  exclusionList,
  exclusionSource,
  foundExclusions,
  listQuery,
} from './exclusions-schemas';
import { refuseTable } from '../kernel/tables';
import { refuse } from '../kernel/validation';
import { documentErrors } from '../kernel/references';

const tag = 'exclusions';
/** The whole list is about 15 MB. */
const MAX_BYTES = 40_000_000;

const shownCheck = ({ clientId: _, ...shown }: ExclusionCheck) => shown;
const shownList = ({ month, ...shown }: ExclusionList) => ({ ...shown, month: month.slice(0, 7) });

export const exclusionRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'post',
    path: '/v1/exclusions/imports',
    summary: 'Take a month’s list of the excluded (OIG LEIE) and hold everybody against it',
    description:
      'An entry with the NPI of a provider or practice is theirs and closes the gate at once; one of the same name and ' +
      'state may be, and is given to somebody. The same file for the same month is taken once.',
    tag,
    access: 'exclusions:import',
    query: listQuery,
    csv: { maxBytes: MAX_BYTES, description: 'The OIG’s UPDATED.csv as it is' },
    responses: { 200: { description: 'What came of it', schema: exclusionList } },
    handler: async ({ principal, query, file, commandId }) => {
      const list = { month: `${query.month}-01`, sha256: createHash('sha256').update(file).digest('hex') };
      return ok(shownList(await importList(sql, principal, commandId, list, readLeie(file)).catch(refuseList)));
    },
  }),
  route({
    method: 'get',
    path: '/v1/exclusions/imports',
    summary: 'List the lists that were taken',
    tag,
    access: 'operations:read',
    query: pageQuery,
    responses: { 200: { description: 'In order of their import', schema: pageOf(exclusionList) } },
    handler: async ({ query }) => listed(await listLists(sql, query), shownList),
  }),
  route({
    method: 'get',
    path: '/v1/exclusions',
    summary: 'Which month’s list is on file, which one is awaited, and how it goes with fetching it',
    tag,
    access: 'operations:read',
    responses: { 200: { description: 'As it is now', schema: exclusionSource } },
    handler: async () => {
      const { month, awaited, ...source } = await listState(sql, new Date().toISOString());
      return ok({ month: month?.slice(0, 7) ?? null, awaited: awaited.slice(0, 7), ...source });
    },
  }),
  ...routesAbout(sql, 'providers', 'a provider', (principal, id) => findProvider(sql, principal, id)),
  ...routesAbout(sql, 'practices', 'a practice', async (principal, id) => {
    const practice = await findPractice(sql, principal, id);
    return practice && { id: practice.id, clientId: practice.clientId, personId: null };
  }),
];

/** What is recorded and asked of one who may be excluded. */
const routesAbout = (
  sql: Sql,
  room: 'providers' | 'practices',
  who: string,
  find: (principal: Principal, id: string) => Promise<Held | null>,
): Route[] => [
  route({
    method: 'post',
    path: `/v1/${room}/{id}/exclusion-checks`,
    summary: `Record that somebody looked whether ${who} is excluded`,
    description:
      'Of SAM and the states, or of the OIG by hand. What is found counts for this client. Confirmed by a caller who may ' +
      'decide on exclusions it is a decision, and of one who sees every client it counts for the person with every ' +
      'client, each of whom has a task. Confirmed by anybody else it closes this client’s gate, and is given to somebody ' +
      'to decide.',
    tag,
    access: 'registry:write',
    subject: ({ principal, params }) => find(principal, params.id),
    body: exclusionCheckInput,
    responses: { 201: { description: 'The check', schema: exclusionCheck } },
    handler: async ({ principal, subject, body, commandId }) => {
      refuse(await documentErrors(sql, subject.clientId, 'evidence', body.evidence));
      const mayDecide = may(principal, 'exclusions:decide');
      const made = await recordExclusionCheck(
        sql,
        principal,
        commandId,
        subject,
        body as ExclusionCheckInput,
        mayDecide,
      );
      return created(`/v1/${room}/${subject.id}/exclusion-checks`, shownCheck(made));
    },
  }),
  route({
    method: 'get',
    path: `/v1/${room}/{id}/exclusion-checks`,
    summary: `List the evidence that it was looked whether ${who} is excluded`,
    tag,
    access: 'registry:read',
    subject: ({ principal, params }) => find(principal, params.id),
    query: pageQuery,
    responses: { 200: { description: 'In order of recording', schema: pageOf(exclusionCheck) } },
    handler: async ({ principal, subject, query }) =>
      listed(await listExclusionChecks(sql, principal, subject, query), shownCheck),
  }),
  route({
    method: 'get',
    path: `/v1/${room}/{id}/exclusions`,
    summary: `What is, or may be, an exclusion of ${who}`,
    tag,
    access: 'registry:read',
    subject: ({ principal, params }) => find(principal, params.id),
    responses: { 200: { description: 'All of it', schema: foundExclusions } },
    handler: async ({ subject }) => ok({ items: await exclusionsOf(sql, subject) }),
  }),
  route({
    method: 'post',
    path: `/v1/${room}/{id}/exclusions/{exclusionId}/decision`,
    summary: `Say whether it is an exclusion of ${who}, and from when until when`,
    description:
      'While a confirmed one stands, nothing is submitted and the gate says `excluded`. What happened outside is still ' +
      'taken. A decision counts for the clients that the caller may see and stands beside other callers’ decisions: a ' +
      'dismissal or a reinstatement does not lift what another client, or a caller who sees every client, has confirmed.',
    tag,
    access: 'exclusions:decide',
    subject: async ({ principal, params }) => {
      const held = await find(principal, params.id);
      const found = held && (await findExclusion(sql, held, params.exclusionId));
      return held && found && { ...held, found };
    },
    body: exclusionDecision,
    responses: { 200: { description: 'As it stands now', schema: exclusion } },
    handler: async ({ principal, subject, body }) => {
      const { decision: result, ...rest } = body;
      const { excludedOn = subject.found.excludedOn, reinstatedOn = subject.found.reinstatedOn } = rest;
      if (reinstatedOn !== null && reinstatedOn < excludedOn)
        throw invalid({ path: 'reinstatedOn', rule: 'order', message: 'must not be before excludedOn' });
      return ok(
        await decideExclusion(sql, principal, subject, subject.found.id, { result, ...rest } as ExclusionDecision),
      );
    },
  }),
];

function refuseList(error: unknown): never {
  if (error instanceof RefusedList) throw new Problem(error.why);
  refuseTable(error);
}
