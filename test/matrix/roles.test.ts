import { randomUUID } from 'node:crypto';
import { isAllowed, mayManage, type Permission } from '../../api/kernel/policy';
import { findReferringField } from '../../api/kernel/references';
import type { Route } from '../../api/kernel/route';
import { listRoutes } from '../../api/routes';
import { ROLES, type Role } from '../../domain/kernel/codes';
import type { Principal } from '../../record/kernel/principal';
import { ADMIN_KEY } from '../support/api';
import { eventually } from '../support/eventually';
import { GOOD_REQUESTS, makeGoodRequest, nameRoute, orderRoutes, type GoodRequest } from '../support/good-requests';
import { System } from '../support/system';
import { digestRows, readView } from './other-client';
import { makeParties, matchParties, type Party } from './parties';
import { send, type Answered } from './send';

/** A key of each role, of one client and, where the role may have it, of all. */
interface Caller {
  role: Role;
  scoped: boolean;
}
const CHANGING: Role[] = ['admin', 'lead', 'specialist', 'agent'];
const CALLERS: Caller[] = ROLES.flatMap((role) =>
  [true, false].filter((scoped) => scoped || role !== 'client').map((scoped) => ({ role, scoped })),
);
/** Callers who may change something have a file of their own each; the others share one. */
const WITH_FILE = CALLERS.filter(({ role }) => CHANGING.includes(role));

/** Paths of the deployment's key, which is no client's: a rotation seals the rows of all clients anew meanwhile. */
const OF_NO_CLIENT = ['/v1/operations/key-rotation'];

let system: System;
let routes: Route[];
let files: Party[];
let shared: Party;
let other: Party;
/** A user who sees every client. */
let everywhere: string;
let watcher: string;
beforeAll(async () => {
  system = await System.start();
  routes = orderRoutes(
    listRoutes(system.api.deps).filter(({ access, path }) => access !== 'public' && !OF_NO_CLIENT.includes(path)),
  );
  // registries' words on a person count at every client: a key of every client has persons of its own
  const made = await makeParties(system.api, [...WITH_FILE.map(({ scoped }) => scoped), true]);
  [files, shared, other] = [made.parties.slice(0, -1), made.parties.at(-1)!, made.other];
  everywhere = await addUser();
  watcher = await system.api.keyOf('admin', [other.file.clientId]);
  await eventually(async () => {
    const [one, next] = [await look(), await look()];
    return JSON.stringify(one) === JSON.stringify(next);
  });
}, 300_000);
afterAll(() => system.stop());
beforeEach(() => {
  const logo = routes.find((route) => nameRoute(route) === 'put /v1/settings/logo')!;
  return send(system.api, makeGoodRequest(logo, shared.ids), ADMIN_KEY);
});

const addUser = async (clientIds?: string[]): Promise<string> =>
  (
    await system.api.make('/v1/users', {
      name: 'Shared',
      email: `${randomUUID()}@example.org`,
      role: 'lead',
      ...(clientIds && { clientIds }),
    })
  ).id;

/** Reads all that is the other client's. */
const look = async (party = other, key = watcher) => ({
  rows: await digestRows(system.api, party),
  view: await readView(system.api, routes, party, key),
});

const partyOf = (caller: Caller): Party => files[WITH_FILE.indexOf(caller)] ?? shared;

/** The role of each user of a file. */
const USERS_ROLE = 'lead';

type Kind = 'own' | 'foreign' | 'missing' | 'shared';

/** Sends requests as a caller, and notes each answer that policy, scope or marks do not allow. */
function createTester({ role, scoped }: Caller, party: Party, key: string) {
  const principal: Principal = {
    type: 'key',
    id: '-',
    name: '-',
    role,
    clientIds: scoped ? [party.file.clientId] : null,
  };
  const marks = scoped ? other.marks : [];
  const wrong: string[] = [];
  const counted = { own: 0, foreign: 0, missing: 0, shared: 0 } satisfies Record<Kind, number>;
  const ask = async (kind: Kind, request: GoodRequest): Promise<Answered> => {
    counted[kind] += 1;
    const answer = await send(system.api, request, key);
    const given = JSON.stringify(request);
    const shown = marks.filter((mark) => answer.text.includes(mark) && !given.includes(mark));
    if (shown.length > 0) blame(kind, request, answer, `shows of another client ${shown.join()}`);
    if (answer.status >= 500) blame(kind, request, answer, 'fails');
    return answer;
  };
  const blame = (kind: Kind, { method, path, query, body }: GoodRequest, { status, text }: Answered, why: string) =>
    wrong.push(
      `${kind}: ${method} ${path} ${JSON.stringify(query)} ${JSON.stringify(body)?.slice(0, 300)} answered ${status}, ${why}: ${text.slice(0, 300)}`,
    );
  const isOpen = ({ access, actsFor, ...route }: Route): boolean =>
    isAllowed(principal, access as Permission) &&
    (!actsFor || mayManage(principal, { role: USERS_ROLE, clientIds: [party.file.clientId] })) &&
    (GOOD_REQUESTS[nameRoute(route)]?.roles?.includes(role) ?? true);
  return { wrong, counted, ask, blame, isOpen, principal };
}
type Tester = ReturnType<typeof createTester>;

/** Yields for each place of a request that names one of some ids the request with another id there. */
function* replaceEach(request: GoodRequest, replacements: Map<string, string>) {
  const places = new Map<string, (by: string) => GoodRequest>();
  for (const id of replacements.keys()) {
    const swap = <T>(value: T, by: string): T => JSON.parse(JSON.stringify(value).replaceAll(id, by));
    if (request.path.includes(id))
      places.set(`path ${id}`, (by) => ({ ...request, path: request.path.replace(id, by) }));
    for (const [name, value] of Object.entries(request.query))
      if (value === id)
        places.set(`query ${id} ${name}`, (by) => ({ ...request, query: { ...request.query, [name]: by } }));
    if (typeof request.body === 'object' && JSON.stringify(request.body).includes(id))
      for (const [name, value] of Object.entries(request.body))
        if (JSON.stringify(value).includes(id))
          places.set(`body ${id} ${name}`, (by) => ({
            ...request,
            body: { ...(request.body as object), [name]: swap(value, by) },
          }));
  }
  for (const [place, swapped] of places) {
    const [where, id, name] = place.split(' ');
    yield { where: where!, name, by: (word: string) => swapped(word), replacement: replacements.get(id!)! };
  }
}

/** Yields requests that narrow a list by one of the ids that its query takes. */
function* narrow(route: Route, request: GoodRequest, { ids }: Party): Generator<GoodRequest> {
  const shape = (route.query as { shape?: Record<string, unknown> } | undefined)?.shape ?? {};
  for (const name of Object.keys(shape)) {
    const known = ids.fields[name];
    if (known && findReferringField(name) && !(name in request.query))
      yield { ...request, query: { ...request.query, [name]: known[0]! } };
  }
}

const REFUSED = [400, 404, 422];

async function tryForeign(tester: Tester, party: Party): Promise<void> {
  const { foreign } = matchParties(party, other);
  for (const route of routes) {
    const good = makeGoodRequest(route, party.ids);
    for (const request of [good, ...narrow(route, good, party)])
      for (const { by, replacement } of replaceEach(request, foreign)) {
        const nobody = randomUUID();
        const [theirs, missing] = [by(replacement), by(nobody)];
        const [foreignAnswer, missingAnswer] = [
          await tester.ask('foreign', theirs),
          await tester.ask('missing', missing),
        ];
        const same = foreignAnswer.text.replaceAll(replacement, '-') === missingAnswer.text.replaceAll(nobody, '-');
        if (foreignAnswer.status !== missingAnswer.status || !same)
          tester.blame(
            'foreign',
            theirs,
            foreignAnswer,
            `not as a missing one: ${missingAnswer.status} ${missingAnswer.text.slice(0, 200)}`,
          );
        const refused = tester.isOpen(route) ? REFUSED : [...REFUSED, 403];
        if (!refused.includes(foreignAnswer.status) && !isEmpty(foreignAnswer))
          tester.blame('foreign', theirs, foreignAnswer, 'not refused');
      }
  }
}

/** Tells whether a list is empty, or all of a request about many was refused. */
function isEmpty({ status, text }: Answered): boolean {
  if (status !== 200) return false;
  const { items } = JSON.parse(text) as { items?: { status?: number; problem?: { status: number } }[] };
  return items !== undefined && items.every((item) => REFUSED.includes(item.status ?? item.problem?.status ?? 0));
}

/** Tries a route on rows that several clients rest on: users who see others too, and payers that another works with. */
async function tryShared(tester: Tester, party: Party, route: Route, both: string): Promise<void> {
  const { shared: payers } = matchParties(party, other);
  const [users, all] = [both, everywhere].map((id) => new Map(party.ids.rooms.users!.map((own) => [own, id])));
  const request = makeGoodRequest(route, party.ids);
  const words = route.path.match(/\{/g)?.length ?? 0;
  for (const replacements of [users!, all!, payers])
    for (const { where, name, by, replacement } of replaceEach(request, replacements)) {
      // a second id of the path belongs to the first
      if (where === 'path' && words > 1) continue;
      const asked = by(replacement);
      const answer = await tester.ask('shared', asked);
      const expected = expectShared(tester, route, { where, name });
      // an application stays with its own payer
      const unfit = replacements === payers && answer.status === 400 && !answer.text.includes('unknown_reference');
      if (!expected.includes(answer.status) && !unfit) tester.blame('shared', asked, answer, `not ${expected.join()}`);
    }
}

const GOOD = [200, 201, 202, 204];
const CHANGED = [...GOOD, 409];

function expectShared(
  { isOpen }: Tester,
  route: Route,
  { where, name }: { where: string; name: string | undefined },
): number[] {
  if (!isOpen(route)) return [403];
  if (where === 'path') return route.actsFor ? [403] : CHANGED;
  // a colleague's substitute is managed, and a key of a user reaches no further than its maker
  const kind = Object.entries(route.namesUser ?? {}).find(([path]) => path.split('.')[0] === name)?.[1];
  return kind === 'managed' ? [400, 403, 422] : CHANGED;
}

/** Tries a route on rows of the caller's own: it is answered as the policy says, and of an admin all is done. */
async function tryOwn(tester: Tester, party: Party, route: Route): Promise<void> {
  const request = makeGoodRequest(route, party.ids);
  const answer = await tester.ask('own', request);
  const { refused } = GOOD_REQUESTS[nameRoute(route)] ?? {};
  const isDone = tester.principal.role === 'admin' ? (refused ? [refused] : GOOD) : CHANGED;
  const expected = tester.isOpen(route) ? isDone : [403];
  if (!expected.includes(answer.status)) tester.blame('own', request, answer, `not ${expected.join()}`);
}

const partyIds = ({ file }: Party): string[] => [file.clientId];

test.each(CALLERS.filter(({ scoped }) => scoped))(
  'a $role of one client is answered as the policy says, and sees and moves nothing of another',
  async (caller) => {
    const party = partyOf(caller);
    const key = await system.api.keyOf(caller.role, partyIds(party));
    const both = await addUser([...partyIds(party), ...partyIds(other)]);
    const tester = createTester(caller, party, key);
    const before = await look();
    const own = CHANGING.includes(caller.role) ? undefined : await digestRows(system.api, party);
    await tryForeign(tester, party);
    for (const route of routes) {
      await tryOwn(tester, party, route);
      await tryShared(tester, party, route, both);
    }
    expect(tester.wrong).toEqual([]);
    expect(await look()).toEqual(before);
    // a role that may only read has changed nothing at all, but for what says so
    if (own) expect(omitLog(await digestRows(system.api, party))).toEqual(omitLog(own));
  },
  120_000,
);

/** Refusals are in the log, and what an auditor exported or drew; an answer is issued to those who may ask for it. */
const omitLog = ({
  audit_log: _,
  evidence_files: _files,
  audit_samples: _samples,
  certificates: _issued,
  ...rows
}: Record<string, string[]>) => rows;

test.each(CALLERS.filter(({ scoped }) => !scoped))(
  'a $role of every client is answered as the policy says, and moves nothing of a client whom it does not name',
  async (caller) => {
    const party = partyOf(caller);
    const tester = createTester(caller, party, await system.api.keyOf(caller.role));
    const before = await look();
    const beyond = routes.filter(
      (route) =>
        isAllowed({ ...tester.principal, clientIds: partyIds(party) }, route.access as Permission) !==
        tester.isOpen(route),
    );
    for (const route of routes.filter((one) => !beyond.includes(one))) {
      await tryMissing(tester, party, route);
      await tryOwn(tester, party, route);
    }
    expect(await look()).toEqual(before);
    // the rows that all clients share may be theirs too
    for (const route of beyond) await tryOwn(tester, party, route);
    expect(tester.wrong).toEqual([]);
  },
  120_000,
);

/** Tries a route with ids of nothing in place of each that it names. */
async function tryMissing(tester: Tester, party: Party, route: Route): Promise<void> {
  const { foreign } = matchParties(party, other);
  for (const { where, by } of replaceEach(makeGoodRequest(route, party.ids), foreign)) {
    const request = by(randomUUID());
    const answer = await tester.ask('missing', request);
    const refused = tester.isOpen(route) ? (where === 'path' ? [404] : REFUSED) : [...REFUSED, 403];
    if (!refused.includes(answer.status) && !isEmpty(answer)) tester.blame('missing', request, answer, 'not refused');
  }
}
