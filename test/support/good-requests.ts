import type { Route } from '../../api/kernel/route';
import type { Role } from '../../domain/kernel/codes';
import { inventPdf } from '../../local/invented';
import { inventNpi } from './file';
import { ADDRESS, CLIENT, PAYER, PRACTICE, PROVIDER } from './api';
import { addDaysToToday } from './filled-files';
import type { RealIds } from './odd-requests';

/** A request that is answered well, of one route. */
export interface GoodRequest {
  method: string;
  path: string;
  query: Record<string, string>;
  /** JSON, or the text of a file. */
  body?: object | string;
}

/** The ids that good requests are filled with. */
type Named = ReturnType<typeof nameIds>;

interface GoodRow {
  /** The words of the path, where they are not the first ids of its room. */
  at?: (ids: Named) => Record<string, string>;
  query?: (ids: Named) => Record<string, string>;
  body?: (ids: Named) => object | string;
  /** A good request that the record of an ordinary file refuses all the same. */
  refused?: 409;
  /** The roles that alone may send it, among those that may use the route. */
  roles?: readonly Role[];
}

/** Names the ids of a file (test/support/filled-files.ts) by what they stand for. */
function nameIds({ rooms, fields }: RealIds) {
  const first = (ids: readonly string[] | undefined): string => ids?.[0] ?? '';
  const [preparing, inReview, requested, approved, denied, confirmed] = fields.applicationId!.map(String);
  return {
    clientId: first(rooms.clients),
    practiceId: first(rooms.practices),
    otherPracticeId: rooms.practices![1]!,
    providerId: first(rooms.providers),
    leaverId: rooms.providers![1]!,
    payerId: first(rooms.payers),
    otherPayerId: rooms.payers![1]!,
    userId: first(rooms.users),
    otherUserId: rooms.users![1]!,
    preparing: preparing!,
    inReview: inReview!,
    requested: requested!,
    approved: approved!,
    denied: denied!,
    confirmed: confirmed!,
    entryId: fields.entryId!.at(-1)!,
    documentId: first(fields.documentId),
    endpointId: first(fields.endpointId),
  };
}

const PAST = addDaysToToday(-2);
const SOON = addDaysToToday(20);
const LATER = addDaysToToday(30);
const reason = 'as was agreed by phone';
const evidence = ({ documentId }: Named) => [documentId];
const word = { on: PAST, source: 'email', reference: 'their mail' };
const seen = { source: 'portal', reference: 'a screenshot' };
const proof = { source: 'letter', reference: 'their letter', confirmedOn: PAST };
const scope = ({ providerId, practiceId, payerId }: Named) => ({ providerId, practiceId, payerId, state: 'CA' });
const question = (ids: Named) => ({ ...scope(ids), dateOfService: PAST });
const leaving = { ...word, reason: 'other', applications: 'withdraw' };

/** Builds the row of an action of one application, which has to stand where the action is allowed. */
const act = (stage: (ids: Named) => string, body: GoodRow['body'], more: Partial<GoodRow> = {}): GoodRow => ({
  at: (ids) => ({ id: stage(ids) }),
  ...(body && { body }),
  ...more,
});
const preparing = ({ preparing: id }: Named) => id;
const inReview = ({ inReview: id }: Named) => id;
const requested = ({ requested: id }: Named) => id;
const approved = ({ approved: id }: Named) => id;
const denied = ({ denied: id }: Named) => id;
const confirmed = ({ confirmed: id }: Named) => id;
const leaver = ({ leaverId: id }: Named) => ({ id });
const otherUser = ({ otherUserId: id }: Named) => ({ id });

/** One white point. */
const JPEG = `/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP${'/'.repeat(86)}wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=`;

/**
 * One good request of each route that takes more than ids in its path, by method and path, in an order in which one file takes them
 * all: requests that end something come last. `test/contract/good-requests.test.ts` names a route that has no row here.
 */
export const GOOD_REQUESTS: Record<string, GoodRow> = {
  'get /v1/payers/{id}/playbook': { query: () => ({ state: 'CA' }) },
  'get /v1/platform-relationships/{id}/consequences': { query: () => ({ leaveOn: LATER }) },
  'get /v1/clients/{id}/payer-targets': {
    query: ({ providerId, practiceId }) => ({ providerId, practiceId, state: 'CA' }),
  },
  'get /v1/applications/summary': { query: () => ({ groupBy: 'payer' }) },
  'get /v1/billing-readiness': { query: question },
  'get /v1/inbox': { query: ({ userId }) => ({ userId }) },
  'get /v1/settings/logo': {},

  'post /v1/clients': { body: () => CLIENT },
  'patch /v1/clients/{id}': { body: () => ({ contactEmail: 'desk@example.org' }) },
  'post /v1/clients/{id}/practices': { body: () => ({ ...PRACTICE, npi: inventNpi() }) },
  'patch /v1/practices/{id}': { body: () => ({ address: { ...ADDRESS, line2: 'Suite 4' } }) },
  'post /v1/practices/{id}/reveals': { body: () => ({ field: 'tin', reason }) },
  'post /v1/providers/{id}/reveals': { body: () => ({ field: 'malpractice.policyNumber', reason }) },
  'post /v1/clients/{id}/providers': { body: () => ({ ...PROVIDER, npi: inventNpi() }) },
  'patch /v1/providers/{id}': { body: () => ({ email: 'new@example.org' }) },
  'post /v1/providers/{id}/npi-correction': { at: leaver, body: () => ({ npi: inventNpi(), reason }) },
  'post /v1/providers/{id}/attestations': {
    body: ({ payerId }) => ({ attestedOn: PAST, source: 'operator', authorizedPayerIds: [payerId] }),
  },
  'post /v1/providers/{id}/access-withdrawals': {
    body: ({ otherPayerId }) => ({ payerIds: [otherPayerId], withdrawnOn: PAST, source: 'operator' }),
  },
  'post /v1/providers/{id}/snapshots': {
    body: () => ({ source: 'nppes', takenOn: PAST, lastName: 'Vail', licences: [{ state: 'CA', number: 'LMFT 2' }] }),
  },
  'post /v1/providers/{id}/proposals': { body: () => ({ source: 'nppes', fields: ['lastName'] }) },
  'post /v1/providers/{id}/authorisations': {
    body: (ids) => ({
      scopes: ['submit_applications'],
      payerIds: [ids.payerId],
      signedOn: PAST,
      evidence: evidence(ids),
      evenIfExists: true,
    }),
  },
  'post /v1/authorisations/{id}/revocation': { body: () => ({ on: PAST, reason }) },
  'post /v1/providers/{id}/exclusion-checks': {
    body: (ids) => ({ source: 'sam', checkedOn: PAST, result: 'clear', evidence: evidence(ids) }),
  },
  'post /v1/practices/{id}/exclusion-checks': {
    body: (ids) => ({ source: 'sam', checkedOn: PAST, result: 'clear', evidence: evidence(ids) }),
  },
  'post /v1/providers/{id}/exclusions/{exclusionId}/decision': { body: () => ({ decision: 'dismissed', reason }) },
  'post /v1/practices/{id}/exclusions/{exclusionId}/decision': { body: () => ({ decision: 'dismissed', reason }) },
  // CAQH is not asked where no connection is set up
  'post /v1/providers/{id}/caqh-roster': { refused: 409 },
  'post /v1/caqh-exports': {
    body: () => `CAQH Provider ID,NPI,Provider Status,Provider Status Date\n12345678,${inventNpi()},Active,${PAST}\n`,
  },
  'post /v1/providers/{id}/contacts': {
    body: (ids) => ({ channel: 'phone', outcome: 'reached', on: PAST, applicationIds: [ids.preparing] }),
  },
  // the file that it has
  'put /v1/documents/{id}/content': { body: () => inventPdf(['a letter']).toString() },
  'post /v1/documents/{id}/links': { body: () => ({}) },
  'delete /v1/documents/{id}/links/{linkId}': {},
  'post /v1/clients/{id}/documents': {
    body: ({ providerId, practiceId }) => ({
      kind: 'letter',
      name: 'another letter',
      sha256: 'a'.repeat(64),
      providerId,
      practiceId,
      evenIfExists: true,
    }),
  },
  'post /v1/practices/{id}/enrolments': {
    body: (ids) => ({ payerId: ids.payerId, kind: '835', status: 'submitted', on: PAST, evidence: evidence(ids) }),
  },
  'post /v1/practices/{id}/portal-access': {
    body: ({ payerId, userId }) => ({
      portal: 'Availity',
      payerIds: [payerId],
      status: 'active',
      on: PAST,
      holderUserId: userId,
      secondFactorUserIds: [userId],
    }),
  },
  'post /v1/clients/{id}/requests': {
    body: ({ userId }) => ({
      kind: 'question',
      channel: 'email',
      words: 'When?',
      receivedOn: PAST,
      assignee: userId,
      dueOn: SOON,
    }),
  },
  'put /v1/clients/{id}/caseload': { body: ({ payerId }) => ({ items: [{ payerId, clients: 7 }] }) },
  'put /v1/clients/{id}/legal-hold': { body: () => ({ hold: false, reason }) },
  'put /v1/providers/{id}/legal-hold': { body: () => ({ hold: false, reason }) },

  'post /v1/payers': {
    body: ({ payerId }) => ({ ...PAYER, name: 'A new payer', covers: [payerId], evenIfExists: true }),
  },
  'patch /v1/payers/{id}': { body: ({ otherPayerId }) => ({ covers: [otherPayerId], evenIfExists: true }) },
  'put /v1/payers/{id}/panels': {
    body: () => ({ items: [{ state: 'CA', status: 'open', source: 'their site', asOf: PAST }] }),
  },
  'post /v1/payers/{id}/playbook-migrations': { body: (ids) => ({ preview: true, applicationIds: [ids.preparing] }) },

  'post /v1/platform-relationships': {
    body: ({ providerId, payerId }) => ({ providerId, platform: 'Rula', payerIds: [payerId], evenIfExists: true }),
  },
  'put /v1/platform-relationships/{id}/answers/{question}': {
    at: () => ({ question: 'bill_outside' }),
    body: (ids) => ({
      answer: 'no',
      answeredBy: 'their desk',
      answeredOn: PAST,
      channel: 'email',
      payerId: ids.payerId,
      evidence: evidence(ids),
    }),
  },
  'put /v1/platform-relationships/{id}/decision': { body: () => ({ decision: 'bridge', reason }) },
  'put /v1/platform-relationships/{id}/services': { body: () => ({ items: { claims: { does: 'yes' } } }) },
  'put /v1/platform-relationships/{id}/checklist/{item}': {
    at: () => ({ item: 'website' }),
    body: () => ({ owner: 'the practice', due: LATER }),
  },
  'post /v1/platform-relationships/{id}/inquiry': {
    body: ({ userId }) => ({ recipient: { type: 'user', id: userId } }),
  },
  'post /v1/platform-relationships/{id}/inquiry/closing': { body: () => ({ reason }) },
  'post /v1/platform-relationships/{id}/terms-changes': { body: () => ({ on: PAST, reason }) },
  'post /v1/platform-relationships/{id}/applications': {
    body: ({ practiceId, payerId }) => ({ practiceId, items: [{ payerId, state: 'CA', kind: 'add_to_group' }] }),
  },
  'patch /v1/platform-relationships/{id}': {
    body: ({ payerId }) => ({ payerIds: [payerId], contactEmail: 'desk@alma.example' }),
  },

  'post /v1/applications': { body: (ids) => ({ ...scope(ids), lineOfBusiness: 'eap' }) },
  'patch /v1/applications/{id}': act(preparing, () => ({ neededBy: LATER })),
  // an agent claims for themselves alone
  'post /v1/applications/{id}/claim': act(preparing, ({ userId }) => ({ assignee: userId }), {
    roles: ['admin', 'lead', 'specialist'],
  }),
  'put /v1/applications/{id}/assignment': act(preparing, ({ userId }) => ({ assignee: userId })),
  'post /v1/applications/{id}/notes': act(preparing, () => ({ text: reason, visibility: 'internal' })),
  'post /v1/applications/{id}/waivers': act(preparing, () => ({ prerequisite: 'malpractice', reason, until: LATER })),
  'post /v1/calls': { body: (ids) => ({ payerId: ids.payerId, applicationIds: [ids.preparing] }) },
  'post /v1/applications/{id}/submission': act(preparing, (ids) => ({
    submittedOn: PAST,
    channel: 'fax',
    proof: evidence(ids),
    outOfOrder: { reason },
  })),
  'post /v1/applications/{id}/snooze': act(inReview, () => ({
    purpose: 'check_status',
    until: addDaysToToday(7),
    reason,
  })),
  'post /v1/applications/{id}/committee-date': act(confirmed, (ids) => ({ ...word, evidence: evidence(ids) })),
  'post /v1/applications/{id}/contract': act(inReview, () => ({ status: 'sent', on: PAST })),
  'post /v1/applications/{id}/pause': act(inReview, () => ({ reason })),
  'post /v1/applications/{id}/resume': act(inReview, () => ({ reason })),
  'post /v1/applications/{id}/restore-review': act(inReview, () => ({ reason }), { refused: 409 }),
  'post /v1/applications/{id}/contacts': act(inReview, () => ({ channel: 'portal', outcome: 'other' })),
  'post /v1/applications/{id}/corrections': act(inReview, ({ entryId }) => ({ entryId, reason })),
  'post /v1/applications/{id}/information': act(requested, (ids) => ({
    providedOn: PAST,
    items: ['W-9'],
    proof: evidence(ids),
  })),
  'post /v1/applications/{id}/resubmission': act(requested, () => ({ reason })),
  'post /v1/applications/{id}/restoration': act(requested, () => ({ attempt: 1, reason })),
  'put /v1/applications/{id}/confirmations/contract': act(approved, (ids) => ({
    value: 'executed',
    ...proof,
    evidence: evidence(ids),
  })),
  'put /v1/applications/{id}/confirmations/effectiveDate': act(approved, (ids) => ({
    value: addDaysToToday(-30),
    ...proof,
    evidence: evidence(ids),
  })),
  'put /v1/applications/{id}/confirmations/payerProviderId': act(approved, () => ({ value: 'PIN-7', ...proof })),
  'put /v1/applications/{id}/confirmations/claimsRoute': act(approved, () => ({
    value: { clearinghouse: 'Availity', payerId: '60054' },
    ...proof,
  })),
  ...Object.fromEntries(
    ['contract', 'effectiveDate', 'payerProviderId', 'claimsRoute'].map((fact) => [
      `post /v1/applications/{id}/confirmations/${fact}/approval`,
      // no fact waits for a second person
      act(approved, () => ({}), { refused: 409 }),
    ]),
  ),
  // taken over as closed: the window has no end that is known
  'post /v1/applications/{id}/appeal': act(denied, () => ({ filedOn: PAST, channel: 'mail', reason }), {
    refused: 409,
  }),
  'post /v1/applications/{id}/loading': act(confirmed, (ids) => ({
    status: 'loaded',
    seenOn: PAST,
    ...seen,
    evidence: evidence(ids),
  })),
  'post /v1/applications/{id}/directory': act(confirmed, (ids) => ({
    status: 'listed',
    seenOn: PAST,
    ...seen,
    evidence: evidence(ids),
  })),
  'post /v1/applications/{id}/issues': act(confirmed, (ids) => ({
    code: 'wrong_tin',
    since: PAST,
    evidence: evidence(ids),
  })),
  'post /v1/applications/{id}/issue-resolution': act(confirmed, (ids) => ({
    code: 'wrong_tin',
    resolvedOn: PAST,
    ...seen,
    evidence: evidence(ids),
  })),
  'post /v1/applications/{id}/recredentialing': act(confirmed, (ids) => ({
    startedOn: PAST,
    source: 'letter',
    reference: 'their letter',
    evidence: evidence(ids),
  })),
  'post /v1/submissions': {
    body: (ids) => ({
      payerId: ids.otherPayerId,
      submittedOn: PAST,
      channel: 'fax',
      proof: evidence(ids),
      applications: [{ id: ids.inReview }],
    }),
  },
  'post /v1/contacts': {
    body: (ids) => ({
      payerId: ids.otherPayerId,
      channel: 'phone',
      applications: [{ id: ids.inReview, outcome: 'no_answer' }],
    }),
  },
  'post /v1/billing-readiness': { body: (ids) => ({ items: [question(ids)] }) },

  'post /v1/users': {
    body: ({ clientId }) => ({
      name: 'Kim',
      email: `${inventNpi()}@example.org`,
      role: 'specialist',
      clientIds: [clientId],
    }),
  },
  'patch /v1/users/{id}': { body: () => ({ team: 'East' }) },
  'post /v1/users/{id}/covers': {
    body: ({ otherUserId }) => ({ substitute: otherUserId, fromOn: addDaysToToday(40), untilOn: addDaysToToday(41) }),
  },
  'post /v1/users/{id}/calendar-feed': {},
  // no identity provider is set up
  'post /v1/users/{id}/invitations': { refused: 409 },
  'post /v1/users/{id}/access-sign-offs': { body: () => ({ decision: 'keep' }) },
  'post /v1/users/{id}/reassignment': {
    body: ({ otherUserId, clientId, payerId }) => ({ to: otherUserId, clientId, payerId }),
  },
  'post /v1/api-keys': {
    body: ({ clientId, userId }) => ({ name: 'a new key', role: 'specialist', clientIds: [clientId], userId }),
  },
  'post /v1/api-keys/{id}/access-sign-offs': { body: () => ({ decision: 'keep' }) },
  'post /v1/webhook-endpoints': {
    body: ({ clientId }) => ({
      url: `https://hooks.example.org/${inventNpi()}`,
      types: ['follow_up.due'],
      clientIds: [clientId],
    }),
  },
  'post /v1/webhook-endpoints/{id}/rotation': {},
  'post /v1/webhook-endpoints/{id}/replay': {},
  'post /v1/webhook-deliveries/{id}/replay': {},
  'post /v1/mail/{id}/resend': {},
  'post /v1/mail/{id}/dismiss': {},
  'post /v1/inbox/{id}/read': {},
  'post /v1/operations/stuck/{id}/retry': {},
  'post /v1/operations/key-rotation': {},
  'post /v1/billing-readiness/certificates': {
    body: ({ providerId, practiceId, payerId }) => ({
      providerId,
      practiceId,
      payerId,
      state: 'CA',
      dateOfService: addDaysToToday(0),
      holder: { name: 'A biller' },
    }),
  },
  'post /v1/certificate-keys': {},
  'post /v1/codec/decode': { body: () => ({ payloads: [] }) },
  'post /v1/audit-samples': {
    body: () => ({ kind: 'new_individual', count: 2, seed: 'seed', from: addDaysToToday(-1), to: addDaysToToday(0) }),
  },

  'put /v1/platform-knowledge': {
    body: ({ payerId }) => ({
      items: [{ platform: 'Grow', payerId, question: 'bill_outside', answer: 'no', source: 'their terms', asOf: PAST }],
    }),
  },
  'patch /v1/settings': { body: () => ({ operatorName: 'Northside' }) },
  'put /v1/settings/logo': { body: () => ({ jpeg: JPEG }) },
  'delete /v1/settings/logo': {},
  'post /v1/payers/starter-set': { body: () => ({}) },
  'post /v1/exclusions/imports': {
    query: () => ({ month: addDaysToToday(0).slice(0, 7) }),
    // as long as the one before it: a list that shrinks is refused
    body: () =>
      [
        'LASTNAME,FIRSTNAME,BUSNAME,NPI,DOB,STATE,EXCLTYPE,EXCLDATE,REINDATE',
        ...Array.from({ length: 60 }, (_, n) => `NOBODY${n},ROBIN,,0000000000,19700131,CA,1128a1,20260301,00000000`),
      ].join('\n'),
  },

  // requests that end something
  // its answer has changed by now, which has ended it
  'post /v1/billing-readiness/certificates/{id}/revocation': { body: () => ({ reason }), refused: 409 },
  'post /v1/tasks/{id}/completion': { body: () => ({ notes: reason }) },
  // a call that a colleague began
  'post /v1/calls/{id}/reveals': { body: (ids) => ({ applicationId: ids.preparing, field: 'tin' }), roles: [] },
  'post /v1/calls/{id}/end': { roles: ['admin', 'lead'] },
  'post /v1/applications/{id}/withdrawal': act(requested, () => ({ reason })),
  'post /v1/applications/{id}/participation-end': act(confirmed, () => ({ ...word, reason })),
  'post /v1/agreements/{id}/end': { body: () => ({ ...word, reason }) },
  'post /v1/platform-relationships/{id}/end': { body: () => ({ on: PAST, reason }) },
  'post /v1/practices/{id}/merge': {
    at: ({ otherPracticeId: id }) => ({ id }),
    body: ({ practiceId }) => ({ into: practiceId, reason }),
  },
  'post /v1/payers/{id}/merge': {
    at: ({ otherPayerId: id }) => ({ id }),
    body: ({ payerId }) => ({ into: payerId, reason }),
    // one application stands with each of both
    refused: 409,
  },
  'delete /v1/users/{id}/covers/{coverId}': {},
  'post /v1/users/{id}/sign-in/end': {},
  // a key goes on
  'post /v1/session/end': {},
  'delete /v1/webhook-endpoints/{id}': {},
  'delete /v1/api-keys/{id}': {},
  'post /v1/users/{id}/end': { at: otherUser, body: ({ userId }) => ({ workTo: userId, reason }) },
  'post /v1/users/{id}/reinstatement': { at: otherUser, body: () => ({ reason }) },
  'post /v1/providers/{id}/end': { at: leaver, body: () => ({ ...leaving, on: addDaysToToday(-1) }) },
  'post /v1/providers/{id}/return': { at: leaver, body: () => ({ ...word, on: addDaysToToday(-1) }) },
  'post /v1/clients/{id}/end': { body: () => ({ ...leaving, on: addDaysToToday(-1) }) },
  'post /v1/clients/{id}/return': { body: () => ({ ...word, on: addDaysToToday(-1) }) },
};

/** Sorts routes in the order of the table, those that only read first. */
export const orderRoutes = <R extends Pick<Route, 'method' | 'path'>>(routes: readonly R[]): R[] => {
  const order = Object.keys(GOOD_REQUESTS);
  const findPlace = (route: R) => (route.method === 'get' ? -1 : order.indexOf(nameRoute(route)));
  return routes.toSorted((one, next) => findPlace(one) - findPlace(next));
};

export const nameRoute = ({ method, path }: Pick<Route, 'method' | 'path'>): string => `${method} ${path}`;

/** Fills the good request of a route with a file's ids: the first of their rooms, unless its row names others. */
export function makeGoodRequest({ method, path }: Pick<Route, 'method' | 'path'>, ids: RealIds): GoodRequest {
  const row = GOOD_REQUESTS[nameRoute({ method, path })] ?? {};
  const named = nameIds(ids);
  const room = path.split('/')[2]!;
  const at: Record<string, string> = {
    id: (ids.rooms[room] ?? ids.rooms[path.split('/')[3]!])?.[0] ?? '',
    ...Object.fromEntries(Object.entries(ids.fields).map(([name, known]) => [name, known[0] ?? ''])),
    exclusionId: ids.fields[`${room}/exclusionId`]?.[0] ?? '',
    ...row.at?.(named),
  };
  const body = row.body?.(named);
  return {
    method: method.toUpperCase(),
    path: path.replaceAll(/\{(\w+)\}/g, (_, name: string) => at[name] ?? ''),
    query: row.query?.(named) ?? {},
    ...(body !== undefined && { body }),
  };
}
