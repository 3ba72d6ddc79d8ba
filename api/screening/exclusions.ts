import { createHash } from 'node:crypto';
import {
  decideExclusion,
  listExclusions,
  findExclusion,
  importList,
  ImportUnderWay,
  listExclusionChecks,
  listLists,
  RefusedList,
  recordExclusionCheck,
  type ExclusionCheck,
  type ExclusionCheckInput,
  type ExclusionDecision,
  type ExclusionList,
  type ScreenedSubject,
} from '../../record/screening/exclusions';
import { readListState } from '../../record/sources/exclusion-source';
import type { Principal } from '../../record/kernel/principal';
import { findPractice } from '../../record/registry/practices';
import { findProvider } from '../../record/registry/providers';
import { readLeie } from '../../registries/leie';
import { readClock } from '../../runtime/clock';
import type { Sql } from '../../runtime/database';
import { computeFileCost } from '../kernel/costs';
import type { Deps } from '../kernel/deps';
import { refuseFields, Problem } from '../kernel/errors';
import { answerPage } from '../kernel/listing';
import { isAllowed } from '../kernel/policy';
import { answerCreated, answerOk, route, type Route } from '../kernel/route';
import { describePage, pageQuery } from '../kernel/schemas';
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
import { refuseErrors } from '../kernel/validation';
import { listDocumentErrors } from '../kernel/references';

const tag = 'exclusions';
/** The whole list is about 15 MB. */
const MAX_BYTES = 40_000_000;

const showCheck = ({ clientId: _, ...shown }: ExclusionCheck) => shown;
const showList = ({ month, ...shown }: ExclusionList) => ({ ...shown, month: month.slice(0, 7) });

export const exclusionRoutes = ({ sql, patienceMs }: Deps): Route[] => [
  route({
    method: 'post',
    path: '/v1/exclusions/imports',
    summary: 'Import a month’s exclusion list (OIG LEIE) and check every provider and practice against it',
    description:
      'An entry with the NPI of a provider or practice is theirs, and billing readiness is no at once; one of the name, in whatever ' +
      'state, may be, and becomes a task for a person. Accents, spacing, a suffix, a middle name, half of a double name ' +
      'and a legal form that only one has do not count. The same file for the same month is imported once. While another import lasts, ' +
      'it answers 503 after a few seconds and says so.',
    tag,
    access: 'exclusions:import',
    query: listQuery,
    cost: ({ file }) => computeFileCost(file),
    file: { types: ['text/csv'], maxBytes: MAX_BYTES, description: 'The OIG’s UPDATED.csv as it is' },
    responses: { 200: { description: 'The result of the import', schema: exclusionList } },
    handler: async ({ principal, query, file, commandId }) => {
      const list = { month: `${query.month}-01`, sha256: createHash('sha256').update(file).digest('hex') };
      const imported = importList(sql, principal, commandId, list, () => readLeie(file), { patienceMs });
      return answerOk(showList(await imported.catch(refuseList)));
    },
  }),
  route({
    method: 'get',
    path: '/v1/exclusions/imports',
    summary: 'List the exclusion lists that were imported',
    tag,
    access: 'operations:read',
    query: pageQuery,
    responses: { 200: { description: 'Lists in order of their import', schema: describePage(exclusionList) } },
    handler: async ({ principal, query }) => answerPage(await listLists(sql, principal, query), showList),
  }),
  route({
    method: 'get',
    path: '/v1/exclusions',
    summary: 'Read which month’s list is on file, which one comes next, and whether fetching it works',
    tag,
    access: 'operations:read',
    responses: { 200: { description: 'The current state', schema: exclusionSource } },
    handler: async () => {
      const { month, awaited, ...source } = await readListState(sql, readClock());
      return answerOk({ month: month?.slice(0, 7) ?? null, awaited: awaited.slice(0, 7), ...source });
    },
  }),
  ...buildRoutesAbout(sql, 'providers', 'a provider', (principal, id) => findProvider(sql, principal, id)),
  ...buildRoutesAbout(sql, 'practices', 'a practice', async (principal, id) => {
    const practice = await findPractice(sql, principal, id);
    return practice && { id: practice.id, clientId: practice.clientId, personId: null };
  }),
];

/** Builds the routes that record and list checks and exclusions, of providers or of practices. */
const buildRoutesAbout = (
  sql: Sql,
  room: 'providers' | 'practices',
  who: string,
  find: (principal: Principal, id: string) => Promise<ScreenedSubject | null>,
): Route[] => [
  route({
    method: 'post',
    path: `/v1/${room}/{id}/exclusion-checks`,
    summary: `Record a check whether ${who} is excluded`,
    description:
      'A check of SAM, of a state’s list, or of the OIG’s by hand is recorded. A confirmation by a caller who may decide on exclusions is a ' +
      'decision: it counts for the person with all clients that the caller may see, each of which has a task. A ' +
      'confirmation by any other caller is a statement under this client, whose providers may not bill meanwhile; a possible ' +
      'match is a caution beside the answer. A task asks for a decision on either.',
    tag,
    access: 'registry:write',
    subject: ({ principal, params }) => find(principal, params.id),
    body: exclusionCheckInput,
    responses: { 201: { description: 'The check', schema: exclusionCheck } },
    handler: async ({ principal, subject, body, commandId }) => {
      refuseErrors(await listDocumentErrors(sql, subject.clientId, 'evidence', body.evidence));
      const mayDecide = isAllowed(principal, 'exclusions:decide');
      const made = await recordExclusionCheck(
        sql,
        principal,
        commandId,
        subject,
        body as ExclusionCheckInput,
        mayDecide,
      );
      return answerCreated(`/v1/${room}/${subject.id}/exclusion-checks`, showCheck(made));
    },
  }),
  route({
    method: 'get',
    path: `/v1/${room}/{id}/exclusion-checks`,
    summary: `List the checks whether ${who} is excluded`,
    tag,
    access: 'registry:read',
    subject: ({ principal, params }) => find(principal, params.id),
    query: pageQuery,
    responses: { 200: { description: 'Checks in order of recording', schema: describePage(exclusionCheck) } },
    handler: async ({ principal, subject, query }) =>
      answerPage(await listExclusionChecks(sql, principal, subject, query), showCheck),
  }),
  route({
    method: 'get',
    path: `/v1/${room}/{id}/exclusions`,
    summary: `List exclusions and possible exclusions of ${who}`,
    tag,
    access: 'registry:read',
    subject: ({ principal, params }) => find(principal, params.id),
    responses: { 200: { description: 'All exclusions', schema: foundExclusions } },
    handler: async ({ subject }) => answerOk({ items: await listExclusions(sql, subject) }),
  }),
  route({
    method: 'post',
    path: `/v1/${room}/{id}/exclusions/{exclusionId}/decision`,
    summary: `Decide whether an exclusion is that of ${who}, and for which dates`,
    description:
      'While a confirmed one stands, nothing is submitted and billing readiness says `excluded`. Events outside can still ' +
      'be recorded. A decision counts for the clients that the caller may see and stands beside other callers’ decisions: a ' +
      'dismissal or a reinstatement does not lift what another client, or a caller who sees every client, has confirmed.',
    tag,
    access: 'exclusions:decide',
    subject: async ({ principal, params }) => {
      const subject = await find(principal, params.id);
      const found = subject && (await findExclusion(sql, subject, params.exclusionId));
      return subject && found && { ...subject, found };
    },
    body: exclusionDecision,
    responses: { 200: { description: 'The exclusion as it is now', schema: exclusion } },
    handler: async ({ principal, subject, body }) => {
      const { decision: result, ...rest } = body;
      const { excludedOn = subject.found.excludedOn, reinstatedOn = subject.found.reinstatedOn } = rest;
      if (reinstatedOn !== null && reinstatedOn < excludedOn)
        throw refuseFields({ path: 'reinstatedOn', rule: 'order', message: 'must not be before excludedOn' });
      return answerOk(
        await decideExclusion(sql, principal, subject, subject.found.id, { result, ...rest } as ExclusionDecision),
      );
    },
  }),
];

const UNDER_WAY =
  'Another list is being imported right now. Send it again, under the same Idempotency-Key, once that has ended.';

function refuseList(error: unknown): never {
  if (error instanceof RefusedList) throw new Problem(error.why);
  if (error instanceof ImportUnderWay) throw new Problem('unavailable', { detail: UNDER_WAY }, { 'Retry-After': '30' });
  refuseTable(error);
}
