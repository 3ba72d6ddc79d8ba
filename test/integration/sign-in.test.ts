import { randomUUID } from 'node:crypto';
import { toInstant } from '../../domain/time/dates';
import { createSmtpMailer } from '../../outreach/mail';
import { batchDueMail, claimMail } from '../../record/outreach/mail';
import { queueMessages } from '../../record/outreach/messages';
import { isAdminLinked } from '../../record/registry/invitations';
import { startSession } from '../../record/registry/sessions';
import { ADMIN_KEY, CLIENT, listBrokenRules, readProblemType, TestApi, type Reply } from '../support/api';
import { Browser } from '../support/browser';
import { eventually } from '../support/eventually';
import { TestSmtp } from '../support/smtp';
import { TestIdentityProvider } from '../support/identity-provider';

const COOKIE = 'countersign-session';
const UI = 'https://temporal.example.org';
let api: TestApi;
const lines: string[] = [];
let provider: TestIdentityProvider;
/** A key of every client: the bootstrap key ends with the first admin. */
let admin: string;
/** The first admin, in a browser. */
let first: Browser;

beforeAll(async () => {
  api = await TestApi.start({
    temporalUiOrigin: UI,
    log: (line) => lines.push(line),
    signIn: async (publicUrl) => {
      provider = await TestIdentityProvider.start(publicUrl);
      return provider.settings;
    },
  });
});
afterAll(async () => {
  await api.stop();
  await provider.stop();
});

/** A provider that is down. */
const nobodyAnswers = async (publicUrl: string) => ({
  issuer: 'http://127.0.0.1:1',
  clientId: 'c',
  clientSecret: 's',
  publicUrl,
});

interface Person {
  id: string;
  /** The account at the provider. */
  login: string;
  email: string;
}

async function addUser(role = 'specialist', more: object = {}, key = admin): Promise<Person> {
  const login = randomUUID();
  const email = `${login}@operator.example`;
  const { id } = await api.make('/v1/users', { name: `The ${role}`, email, role, ...more }, { key });
  return { id, login, email };
}

const invite = async ({ id }: Person, key = admin): Promise<string> =>
  (await api.make(`/v1/users/${id}/invitations`, undefined, { key })).url;

/** Begins at one of our addresses, signs in at the provider, and returns the address that it leads back to. */
async function passProvider(
  browser: Browser,
  from: string,
  login: string | null,
  tamper: (url: URL) => void = () => undefined,
): Promise<string> {
  const begun = await browser.open(from);
  if (begun.status !== 302) throw new Error(`${from} answered ${begun.status}: ${await begun.text()}`);
  const url = new URL(begun.headers.get('location')!);
  if (login !== null) url.searchParams.set('login_hint', login);
  tamper(url);
  return browser.followTo(`${api.url}/`, url.href);
}

/** The whole way; the answer is that of our callback. */
const arrive = async (browser: Browser, from: string, login: string): Promise<Response> =>
  browser.open(await passProvider(browser, from, login));

const signInPage = (query = ''): string => `${api.url}/sign-in${query}`;
const readType = async (response: Response): Promise<string> =>
  readProblemType({ body: await response.json() } as Reply);

/** A user who has accepted an invitation, in a browser of theirs. */
async function signedIn(role = 'specialist', more: object = {}): Promise<Person & { browser: Browser }> {
  const person = await addUser(role, more);
  const browser = new Browser();
  const response = await arrive(browser, await invite(person), person.login);
  expect([response.status, response.headers.get('location')]).toEqual([302, '/']);
  return { ...person, browser };
}

const as = (browser: Browser, headers: Record<string, string> = {}) => ({
  key: '',
  headers: { Cookie: browser.writeCookies(api.url), ...headers },
});
const whoAmI = (browser: Browser): Promise<Reply> => api.get('/v1/session', as(browser));
const isIn = async (browser: Browser): Promise<boolean> => (await whoAmI(browser)).status === 200;
const csrfOf = async (browser: Browser): Promise<string> => (await whoAmI(browser)).body.session.csrfToken;
/** Adds what a page of ours sends. */
const asPage = async (browser: Browser) =>
  as(browser, { 'X-CSRF-Token': await csrfOf(browser), 'Sec-Fetch-Site': 'same-origin', Origin: api.url });
/** Moves what a session remembers back in time. */
const age = (id: string, column: 'started_at' | 'last_used_at', interval: string) => api.deps.sql`
  update sessions set ${api.deps.sql(column)} = ${api.deps.sql(column)} - ${interval}::interval where user_id = ${id}`;

describe('the first admin', () => {
  test('comes in by the bootstrap key and an invitation, without mail; then that key opens nothing', async () => {
    const person = await addUser('admin', {}, ADMIN_KEY);
    const { sql } = api.deps;
    expect((await api.get('/v1/session')).body).toMatchObject({ type: 'admin', session: null });
    for (const path of ['/v1/clients', '/v1/audit-log', '/v1/api-keys'])
      expect(readProblemType(await api.get(path))).toBe('forbidden');
    expect((await api.post('/v1/api-keys', { name: 'k', role: 'admin' })).status).toBe(403);
    expect((await api.post('/v1/clients', CLIENT)).status).toBe(403);

    const url = await invite(person, ADMIN_KEY);
    expect(url.startsWith(`${api.url}/sign-in?invitation=`)).toBe(true);
    first = new Browser();
    expect(await isAdminLinked(sql)).toBe(false);
    await arrive(first, url, person.login);
    expect((await whoAmI(first)).body).toMatchObject({
      type: 'user',
      id: person.id,
      userId: person.id,
      role: 'admin',
      clientIds: null,
      session: { csrfToken: expect.stringMatching(/^[\w-]{43}$/) },
    });
    expect((await api.get('/v1/users')).status).toBe(401);
    admin = (await api.make('/v1/api-keys', { name: 'tests', role: 'admin' }, await asPage(first))).key;
    expect((await api.get('/v1/clients', { key: admin })).status).toBe(200);
  });

  test('of some clients only leaves the bootstrap key as it is', async () => {
    const { sql } = api.deps;
    const [{ id }] = await sql<[{ id: string }]>`select user_id as id from user_identities`;
    const client = await api.make('/v1/clients', CLIENT, { key: admin });
    await sql`update users set client_ids = ${[client.id]} where id = ${id}`;
    expect((await api.get('/v1/session')).body).toMatchObject({ type: 'admin' });
    await sql`update users set client_ids = null where id = ${id}`;
    expect((await api.get('/v1/session')).status).toBe(401);
  });
});

describe('signing in', () => {
  test('works again by the account alone, leads where it was asked to, and acts in the name of the user', async () => {
    const client = await api.make('/v1/clients', CLIENT, { key: admin });
    const { id, login } = await signedIn('lead', { clientIds: [client.id] });
    const browser = new Browser();
    const back = await arrive(browser, signInPage('?returnTo=/docs%3Fa%3D1%23b'), login);
    expect([back.status, back.headers.get('location')]).toEqual([302, '/docs?a=1#b']);
    expect((await api.get('/v1/clients', as(browser))).body.items.map((one: { id: string }) => one.id)).toEqual([
      client.id,
    ]);
    const changed = await api.patch(`/v1/clients/${client.id}`, { name: 'By a person' }, await asPage(browser));
    expect(changed.status).toBe(200);
    const { sql } = api.deps;
    const [entry] = await sql`select actor from audit_log where action = 'client.update' and subject_id = ${client.id}`;
    expect(entry!.actor).toEqual({ type: 'user', id, userId: id, name: 'The lead' });
    const written = await sql<{ action: string }[]>`
      select action from audit_log where subject_id = ${id} and actor->>'type' = 'user' order by id`;
    expect(written.map(({ action }) => action)).toEqual(['user.link', 'session.start', 'session.start']);
  });

  test('leaves no secret of it in the log', async () => {
    const person = await addUser();
    const [browser, url] = [new Browser(), await invite(person)];
    const address = await passProvider(browser, url, person.login);
    await browser.open(address);
    const secrets = [
      new URL(url).searchParams.get('invitation')!,
      new URL(address).searchParams.get('code')!,
      new URL(address).searchParams.get('state')!,
      browser.readCookie(api.url, COOKIE)!,
      await csrfOf(browser),
      provider.settings.clientSecret,
    ];
    const log = lines.join('');
    expect(log).toContain('/sign-in/callback');
    expect(secrets.filter((secret) => log.includes(secret))).toEqual([]);
  });

  test('keeps a cookie that no script reads, and in the database nothing that opens', async () => {
    const person = await addUser();
    const response = await arrive(new Browser(), await invite(person), person.login);
    const [line] = response.headers.getSetCookie().filter((one) => one.startsWith(`${COOKIE}=`));
    const [, token, flags] = /^countersign-session=([\w-]{43})(.*)$/.exec(line!)!;
    expect(flags).toBe('; Path=/; Max-Age=28800; HttpOnly; SameSite=Lax');
    const rows = await api.deps.sql`
      select to_jsonb(s)::text as text from sessions s union all select to_jsonb(i)::text from user_invitations i
      union all select to_jsonb(a)::text from audit_log a`;
    expect(rows.map(({ text }) => text).join()).not.toContain(token);
  });

  test.each([
    '//evil.example',
    'https://evil.example/',
    '/\\evil.example',
    '/\t/evil.example',
    'javascript:alert(1)',
    'docs',
    '',
  ])('leads nowhere else: returnTo %j is refused', async (returnTo) => {
    const response = await new Browser().open(signInPage(`?returnTo=${encodeURIComponent(returnTo)}`));
    expect([response.status, response.headers.get('location')]).toEqual([400, null]);
    expect(listBrokenRules({ body: await response.json() })).toEqual(['returnTo local_path']);
  });

  test('is refused with another state, another nonce, by another browser, or too late', async () => {
    const { login } = await signedIn();
    const refused = async (browser: Browser, url: string) => {
      const response = await browser.open(url);
      expect([response.status, await readType(response)]).toEqual([400, 'sign_in_failed']);
      expect(browser.readCookie(api.url, COOKIE)).toBeUndefined();
    };
    const one = new Browser();
    const other = await passProvider(one, signInPage(), login);
    await refused(one, other.replace(/state=[^&]+/, 'state=another'));

    const nonce = (url: URL) => url.searchParams.set('nonce', 'another');
    const two = new Browser();
    await refused(two, await passProvider(two, signInPage(), login, nonce));

    // the right address, in a browser that did not begin it, or began another
    const address = await passProvider(new Browser(), signInPage(), login);
    await refused(new Browser(), address);
    const three = new Browser();
    await three.open(signInPage());
    await refused(three, address);

    const four = new Browser();
    const late = await passProvider(four, signInPage(), login);
    const sealed = four.readCookie(api.url, 'countersign-sign-in')!;
    const { keyring } = api.deps;
    const kept = { ...JSON.parse(keyring.open(sealed, 'sign-in')), until: '2026-01-01T00:00:00.000Z' };
    four.plantCookie(api.url, 'countersign-sign-in', keyring.seal(JSON.stringify(kept), 'sign-in'));
    await refused(four, late);
  });

  test('is over once the person breaks it off at the provider', async () => {
    const browser = new Browser();
    const address = await passProvider(browser, signInPage(), null);
    expect(new URL(address).searchParams.get('error')).toBe('access_denied');
    expect(await readType(await browser.open(address))).toBe('sign_in_failed');
  });

  test('takes each code once, also where the browser still has what it kept', async () => {
    const { login } = await signedIn();
    const browser = new Browser();
    const address = await passProvider(browser, signInPage(), login);
    const kept = browser.readCookie(api.url, 'countersign-sign-in')!;
    expect((await browser.open(address)).status).toBe(302);
    expect(await readType(await browser.open(address))).toBe('sign_in_failed');
    browser.plantCookie(api.url, 'countersign-sign-in', kept);
    expect(await readType(await browser.open(address))).toBe('sign_in_failed');
  });

  test('begins a session of its own: what was planted in the browser opens nothing, and what was there ends', async () => {
    const { login } = await signedIn();
    const planted = 'p'.repeat(43);
    const browser = new Browser();
    browser.plantCookie(api.url, COOKIE, planted);
    await arrive(browser, signInPage(), login);
    const token = browser.readCookie(api.url, COOKIE)!;
    expect(token).not.toBe(planted);
    const earlier = new Browser();
    earlier.plantCookie(api.url, COOKIE, token);
    await arrive(browser, signInPage(), login);
    expect([browser.readCookie(api.url, COOKIE) === token, await isIn(browser), await isIn(earlier)]).toEqual([
      false,
      true,
      false,
    ]);
  });
});

describe('an invitation', () => {
  test('lets one person in, once, and a link that was replaced or withdrawn nobody', async () => {
    const person = await addUser();
    const [replaced, url] = [await invite(person), await invite(person)];
    expect(await readType(await arrive(new Browser(), replaced, person.login))).toBe('invitation_over');
    expect((await arrive(new Browser(), url, person.login)).status).toBe(302);
    for (const login of [person.login, randomUUID()])
      expect(await readType(await arrive(new Browser(), url, login))).toBe('invitation_over');
    const other = await addUser();
    const withdrawn = await invite(other);
    const standing = await api.post(`/v1/users/${other.id}/sign-in/end`, undefined, { key: admin });
    expect(standing.body).toEqual({ account: null, invitation: null, sessions: [] });
    expect(await readType(await arrive(new Browser(), withdrawn, other.login))).toBe('invitation_over');
    expect(await readType(await arrive(new Browser(), signInPage(`?invitation=${'x'.repeat(43)}`), randomUUID()))).toBe(
      'invitation_over',
    );
    expect((await new Browser().open(signInPage('?invitation=short'))).status).toBe(400);
  });

  test('runs out, and is nobody’s once the access of its user has ended', async () => {
    const [late, gone] = [await addUser(), await addUser()];
    const [lateUrl, goneUrl] = [await invite(late), await invite(gone)];
    await api.deps.sql`update user_invitations set expires_at = now() where user_id = ${late.id}`;
    expect((await api.post(`/v1/users/${gone.id}/end`, { workTo: null, reason: 'left' }, { key: admin })).status).toBe(
      200,
    );
    for (const [url, { login }] of [
      [lateUrl, late],
      [goneUrl, gone],
    ] as const)
      expect(await readType(await arrive(new Browser(), url, login))).toBe('invitation_over');
    expect(readProblemType(await api.post(`/v1/users/${gone.id}/invitations`, undefined, { key: admin }))).toBe(
      'ended_already',
    );
  });

  test('is shown to a retry, and kept nowhere in clear', async () => {
    const person = await addUser();
    const path = `/v1/users/${person.id}/invitations`;
    const headers = { 'Idempotency-Key': randomUUID() };
    const [made, again] = [
      await api.post(path, undefined, { key: admin, headers }),
      await api.post(path, undefined, { key: admin, headers }),
    ];
    expect(again.body).toEqual(made.body);
    await api.deps
      .sql`update user_invitations set created_at = now() - interval '11 minutes' where id = ${made.body.id}`;
    const later = await api.post(path, undefined, { key: admin, headers });
    expect([later.status, later.body.url]).toEqual([201, undefined]);
    const { body } = await api.get(`/v1/users/${person.id}/sign-in`, { key: admin });
    expect(body.invitation.id).toBe(made.body.id);
  });

  test('is made by who manages the user, and by nobody else', async () => {
    const [a, b] = [
      await api.make('/v1/clients', CLIENT, { key: admin }),
      await api.make('/v1/clients', CLIENT, { key: admin }),
    ];
    const keyOf = async (role: string, clientIds: string[]) =>
      (await api.make('/v1/api-keys', { name: 'k', role, clientIds }, { key: admin })).key;
    const lead = await keyOf('lead', [a.id]);
    const [own, wide, foreign, boss] = [
      await addUser('specialist', { clientIds: [a.id] }),
      await addUser('specialist'),
      await addUser('specialist', { clientIds: [b.id] }),
      await addUser('admin', { clientIds: [a.id] }),
    ];
    const tries = async (key: string, user: Person) => [
      (await api.post(`/v1/users/${user.id}/invitations`, undefined, { key })).status,
      (await api.get(`/v1/users/${user.id}/sign-in`, { key })).status,
      (await api.post(`/v1/users/${user.id}/sign-in/end`, undefined, { key })).status,
    ];
    expect(await tries(lead, own)).toEqual([201, 200, 200]);
    expect(await tries(lead, wide)).toEqual([403, 403, 403]);
    expect(await tries(lead, foreign)).toEqual([404, 404, 404]);
    expect(await tries(lead, boss)).toEqual([403, 403, 403]);
    expect((await tries(await keyOf('specialist', [a.id]), own))[0]).toBe(403);
  });

  test('moves a user to a new account, and the one before opens nothing', async () => {
    const { browser, ...person } = await signedIn();
    const login = randomUUID();
    expect((await arrive(new Browser(), await invite(person), login)).status).toBe(302);
    expect(await isIn(browser)).toBe(false);
    expect(await readType(await arrive(new Browser(), signInPage(), person.login))).toBe('account_unknown');
    expect((await arrive(new Browser(), signInPage(), login)).status).toBe(302);
  });
});

describe('an email address', () => {
  test.each([true, false])('links nobody, whether the provider has verified it (%s) or not', async (verified) => {
    const { email } = await signedIn('admin');
    const invited = await addUser('admin');
    for (const address of [email, invited.email]) {
      const login = randomUUID();
      provider.accounts.set(login, { email: address, email_verified: verified });
      const response = await arrive(new Browser(), signInPage(), login);
      expect([response.status, await readType(response)]).toEqual([403, 'account_unknown']);
    }
  });

  test('that two users have, each at a client of their own, leads each account to its own user', async () => {
    const email = `${randomUUID()}@shared.example`;
    const make = async () => {
      const client = await api.make('/v1/clients', CLIENT, { key: admin });
      const body = { name: 'Kim', email, role: 'client', clientIds: [client.id] };
      return { ...(await api.make('/v1/users', body, { key: admin })), login: randomUUID() };
    };
    const [one, other] = [await make(), await make()];
    for (const { login } of [one, other]) provider.accounts.set(login, { email, email_verified: true });
    expect((await arrive(new Browser(), await invite(one), one.login)).status).toBe(302);
    expect(await readType(await arrive(new Browser(), signInPage(), other.login))).toBe('account_unknown');
    expect(await readType(await arrive(new Browser(), await invite(other), one.login))).toBe('account_taken');
    const browser = new Browser();
    expect((await arrive(browser, await invite(other), other.login)).status).toBe(302);
    expect((await whoAmI(browser)).body.id).toBe(other.id);
  });

  test('that was verified and is another than the invited user’s has the invitation refused; the invitation stays', async () => {
    const person = await addUser();
    const url = await invite(person);
    const [wrong, unverified] = [randomUUID(), randomUUID()];
    provider.accounts.set(wrong, { email: 'eve@evil.example', email_verified: true });
    provider.accounts.set(unverified, { email: 'other@operator.example', email_verified: false });
    expect(await readType(await arrive(new Browser(), url, wrong))).toBe('email_differs');
    expect((await arrive(new Browser(), url, unverified)).status).toBe(302);
  });
});

describe('a change by a session', () => {
  test('needs the token of that session, from a page of ours', async () => {
    const { browser, id } = await signedIn('lead');
    const other = await signedIn('lead');
    const token = await csrfOf(browser);
    const same = { 'Sec-Fetch-Site': 'same-origin' };
    const refused: Record<string, string>[] = [
      {},
      same,
      { 'X-CSRF-Token': token },
      { ...same, 'X-CSRF-Token': 'wrong' },
      { ...same, 'X-CSRF-Token': await csrfOf(other.browser) },
      { 'X-CSRF-Token': token, 'Sec-Fetch-Site': 'cross-site' },
      { 'X-CSRF-Token': token, 'Sec-Fetch-Site': 'same-site' },
      { 'X-CSRF-Token': token, Origin: 'https://evil.example' },
      { 'X-CSRF-Token': token, Origin: 'null' },
      { ...same, 'X-CSRF-Token': token, Origin: 'https://evil.example' },
    ];
    const patch = (headers: Record<string, string>) =>
      api.patch(`/v1/users/${id}`, { team: 'North' }, as(browser, headers));
    for (const headers of refused) expect(readProblemType(await patch(headers))).toBe('forged_request');
    expect((await api.get(`/v1/users/${id}`, { key: admin })).body.team).toBeNull();
    for (const headers of [same, { Origin: api.url }, { ...same, Origin: api.url }])
      expect((await patch({ ...headers, 'X-CSRF-Token': token })).status).toBe(200);
    const read = as(browser, { 'Sec-Fetch-Site': 'cross-site' });
    expect((await api.get('/v1/session', read)).status).toBe(200);
  });

  test('is none where a page of Temporal’s UI has payloads opened, which it may do with nothing else', async () => {
    const { browser, id } = await signedIn('lead');
    const fromUi = as(browser, { 'Sec-Fetch-Site': 'same-site', Origin: UI });
    const opened = await api.post('/v1/codec/decode', { payloads: [] }, fromUi);
    expect([opened.status, opened.headers.get('access-control-allow-credentials')]).toEqual([200, 'true']);
    expect(readProblemType(await api.patch(`/v1/users/${id}`, { team: 'North' }, fromUi))).toBe('forged_request');
    const elsewhere = as(browser, { 'Sec-Fetch-Site': 'same-site', Origin: 'https://evil.example' });
    expect(readProblemType(await api.post('/v1/codec/decode', { payloads: [] }, elsewhere))).toBe('forged_request');
  });

  test('is made by the key where there is one too, and needs none of it', async () => {
    const { browser } = await signedIn('client', {
      clientIds: [(await api.make('/v1/clients', CLIENT, { key: admin })).id],
    });
    const { headers } = as(browser);
    expect((await api.get('/v1/session', { key: admin, headers })).body.type).toBe('key');
    expect((await api.post('/v1/clients', CLIENT, { key: admin, headers })).status).toBe(201);
    expect((await api.get('/v1/session', { key: 'cs_wrong', headers })).status).toBe(401);
  });

  test('is the same for a retry from another session of the user, and another for another user', async () => {
    const [mine, theirs] = [await signedIn('lead'), await signedIn('lead')];
    const again = new Browser();
    await arrive(again, signInPage(), mine.login);
    const post = async (browser: Browser, key: string) => {
      const sent = await asPage(browser);
      return api.post('/v1/clients', CLIENT, { ...sent, headers: { ...sent.headers, 'Idempotency-Key': key } });
    };
    const key = randomUUID();
    const ids = [await post(mine.browser, key), await post(again, key), await post(theirs.browser, key)];
    const [one, same, other] = ids.map(({ body }) => body.id as string);
    expect([same === one, other === one]).toEqual([true, false]);
  });
});

describe('a session ends', () => {
  test('with the sign-out, here alone', async () => {
    const { browser, login } = await signedIn();
    const elsewhere = new Browser();
    await arrive(elsewhere, signInPage(), login);
    const token = browser.readCookie(api.url, COOKIE)!;
    const left = await api.post('/v1/session/end', undefined, await asPage(browser));
    expect([left.status, left.headers.getSetCookie()]).toEqual([
      204,
      ['countersign-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax'],
    ]);
    const kept = new Browser();
    kept.plantCookie(api.url, COOKIE, token);
    expect([await isIn(kept), await isIn(elsewhere)]).toEqual([false, true]);
  });

  test.each([
    ['eight hours after it began, however much it is used', 'started_at', '7 hours 59 minutes', '1 minute'],
    ['once it was not used for an hour', 'last_used_at', '59 minutes', '1 minute'],
  ] as const)('%s', async (_, column, before, more) => {
    const { browser, id } = await signedIn();
    await age(id, column, before);
    if (column === 'last_used_at') {
      // being used, it lasts
      expect(await isIn(browser)).toBe(true);
      await age(id, column, before);
    }
    const [{ expiresAt }] = (await api.get(`/v1/users/${id}/sign-in`, { key: admin })).body.sessions;
    expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(60_000);
    await age(id, column, more);
    const refused = await whoAmI(browser);
    // the browser forgets it
    expect([refused.status, refused.headers.getSetCookie()]).toEqual([
      401,
      ['countersign-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax'],
    ]);
    expect((await api.get(`/v1/users/${id}/sign-in`, { key: admin })).body.sessions).toEqual([]);
  });

  test('with another role or other clients, which the next one has at once', async () => {
    const client = await api.make('/v1/clients', CLIENT, { key: admin });
    const { browser, id, login } = await signedIn('lead');
    await api.patch(`/v1/users/${id}`, { team: 'North' }, { key: admin });
    expect(await isIn(browser)).toBe(true);
    await api.patch(`/v1/users/${id}`, { role: 'auditor' }, { key: admin });
    expect(await isIn(browser)).toBe(false);
    const again = new Browser();
    await arrive(again, signInPage(), login);
    expect((await whoAmI(again)).body).toMatchObject({ role: 'auditor', clientIds: null });
    expect((await api.post('/v1/clients', CLIENT, await asPage(again))).status).toBe(403);
    await api.patch(`/v1/users/${id}`, { clientIds: [client.id] }, { key: admin });
    expect(await isIn(again)).toBe(false);
    // a role that comes by another way than the route counts too
    await arrive(again, signInPage(), login);
    await api.deps.sql`update users set role = 'agent' where id = ${id}`;
    expect((await whoAmI(again)).body).toMatchObject({ role: 'agent', clientIds: [client.id] });
  });

  test('where a user is signed out everywhere by who manages them; they may come back', async () => {
    const { browser, id, login } = await signedIn();
    const standing = await api.get(`/v1/users/${id}/sign-in`, { key: admin });
    expect(standing.body).toMatchObject({
      account: { issuer: provider.settings.issuer },
      invitation: null,
      sessions: [{ id: expect.any(String) }],
    });
    const ended = await api.post(`/v1/users/${id}/sign-in/end`, undefined, { key: admin });
    expect(ended.body).toEqual({ ...standing.body, sessions: [] });
    expect(await isIn(browser)).toBe(false);
    expect((await arrive(new Browser(), signInPage(), login)).status).toBe(302);
  });

  test('with the access of its user, who does not come in again until they are reinstated', async () => {
    const { browser, id, login } = await signedIn();
    await api.post(`/v1/users/${id}/end`, { workTo: null, reason: 'left' }, { key: admin });
    expect(await isIn(browser)).toBe(false);
    expect(await readType(await arrive(new Browser(), signInPage(), login))).toBe('account_unknown');
    await api.post(`/v1/users/${id}/reinstatement`, { reason: 'came back' }, { key: admin });
    expect(await isIn(browser)).toBe(false);
    expect((await arrive(new Browser(), signInPage(), login)).status).toBe(302);
  });
});

test('a user whose access ends at ten is out of everything by a minute past: sessions, keys, feeds, links and mail', async () => {
  const { sql } = api.deps;
  const { browser, id, login } = await signedIn();
  const elsewhere = new Browser();
  await arrive(elsewhere, signInPage(), login);
  const { key } = await api.make('/v1/api-keys', { name: 'k', role: 'specialist', userId: id }, { key: admin });
  const feed = (await api.post(`/v1/users/${id}/calendar-feed`, undefined, { key: admin })).body.url;
  const link = await invite({ id, login, email: '' });
  const { id: clientId } = await api.make('/v1/clients', CLIENT, { key: admin });
  const queue = () =>
    queueMessages(sql, [
      {
        key: randomUUID(),
        clientId,
        recipientType: 'user',
        recipientId: id,
        template: 'escalation',
        data: {},
        notBefore: '2026-06-10T17:00:00.000Z',
      },
    ]);
  const isTold = async (now: string) => sql.begin((tx) => batchDueMail(tx, id, now));
  await queue();
  const batch = (await isTold('2026-06-10T17:30:00.000Z')).send!;
  await queue();
  const opens = async () => ({
    sessions: [await isIn(browser), await isIn(elsewhere)],
    key: (await api.get('/v1/payers', { key })).status === 200,
    feed: (await api.get(feed, { key: '' })).status === 200,
  });
  expect(await opens()).toEqual({ sessions: [true, true], key: true, feed: true });

  const { body: gone } = await api.post(`/v1/users/${id}/end`, { workTo: null, reason: 'left' }, { key: admin });
  expect(await opens()).toEqual({ sessions: [false, false], key: false, feed: false });
  for (const from of [link, signInPage()])
    expect((await arrive(new Browser(), from, login)).headers.get('location')).toBeNull();
  // neither mail that is put together leaves, nor what waits for the next
  expect(await claimMail(sql, batch.id, { paced: false })).toBeNull();
  expect(await isTold(toInstant(Date.parse(gone.revokedAt) + 60_000))).toEqual({ next: null });
  expect(await sql`select status from messages where recipient_id = ${id}`).toEqual([
    { status: 'withheld' },
    { status: 'withheld' },
  ]);
});

test('a request of a session that is under way when the access of its user ends makes nothing', async () => {
  const { sql } = api.deps;
  const { browser, id } = await signedIn('admin');
  const sent = await asPage(browser);
  const making = await sql.begin(async (tx) => {
    await tx`update users set revoked_at = now() where id = ${id}`;
    const answer = api.post('/v1/api-keys', { name: 'late', role: 'admin' }, sent);
    const isWaiting = async () =>
      (await sql`select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`)
        .length === 1;
    await eventually(isWaiting);
    return { answer };
  });
  expect((await making.answer).status).toBe(401);
  expect(await sql`select from api_keys where name = 'late'`).toHaveLength(0);
});

test('what a user makes while signed in is listed with what their keys made', async () => {
  const { browser, id } = await signedIn('admin');
  const { id: keyId } = await api.make('/v1/api-keys', { name: 'a program', role: 'service' }, await asPage(browser));
  expect((await api.get(`/v1/users/${id}/made`, { key: admin })).body.items).toEqual([
    { what: 'api_key', id: keyId, madeBy: id },
  ]);
  await api.counter.flush();
  const review = (await api.get('/v1/access-review?limit=200', { key: admin })).body.items;
  expect(review.find((one: { id: string }) => one.id === id).lastUsedAt).not.toBeNull();
  const counts = (await api.get('/v1/access-counts?limit=200', { key: admin })).body.items;
  expect(counts).toContainEqual(expect.objectContaining({ caller: id, name: 'The admin', kind: 'used' }));
});

test('many bad cookies have their address wait, as many wrong keys do, and sessions that were right go on', async () => {
  const other = await TestApi.start({ signIn: nobodyAnswers });
  const { sql } = other.deps;
  const { id } = await other.make('/v1/users', { name: 'Kim', email: 'kim@example.org', role: 'lead' });
  const token = await sql.begin((tx) => startSession(tx, { type: 'user', id, name: 'Kim', userId: id }, null));
  const send = async (value: string) =>
    (await other.get('/v1/session', { key: '', headers: { Cookie: `${COOKIE}=${value}` } })).status;
  expect(await send(token)).toBe(200);
  for (let n = 0; n < 30; n += 1) expect(await send(randomUUID())).toBe(401);
  expect([await send(randomUUID()), await send(token)]).toEqual([429, 200]);
  await other.stop();
});

test('an invitation is mailed where mail is set up, and shown whether it leaves or not', async () => {
  const smtp = await TestSmtp.start();
  const mailer = createSmtpMailer(smtp.url, 'Countersign <desk@operator.example>', { tls: false });
  const mailing = await TestApi.start({ signIn: nobodyAnswers, mailer });
  const { id } = await mailing.make('/v1/users', { name: 'Kim', email: 'kim@operator.example', role: 'admin' });
  const path = `/v1/users/${id}/invitations`;
  const headers = { 'Idempotency-Key': randomUUID() };
  const { mailed, url } = await mailing.make(path, undefined, { headers });
  expect((await mailing.make(path, undefined, { headers })).url).toBe(url);
  expect([mailed, smtp.received.length]).toEqual([true, 1]);
  const [mail] = smtp.received;
  expect(mail).toContain('To: kim@operator.example');
  // lines of mail are broken with a mark
  expect(mail!.replaceAll(/=\r?\n/g, '').replaceAll('=3D', '=')).toContain(url);

  smtp.behaviour = 'refuses';
  const refused = await mailing.make(path, undefined);
  expect([refused.mailed, refused.url.startsWith(`${mailing.url}/sign-in?invitation=`)]).toEqual([false, true]);
  await mailing.stop();
  await smtp.stop();
});

describe('where the provider is', () => {
  test('down, signing in answers 503 and nothing else is the worse for it', async () => {
    const down = await TestApi.start({ signIn: nobodyAnswers });
    for (let n = 0; n < 2; n += 1) {
      const response = await new Browser().open(`${down.url}/sign-in`);
      expect([response.status, response.headers.get('retry-after'), await readType(response)]).toEqual([
        503,
        '5',
        'sign_in_unavailable',
      ]);
    }
    expect((await down.get('/v1/users')).status).toBe(200);
    await down.stop();
  });

  test('not configured, nobody signs in, and the admin key does all', async () => {
    const without = await TestApi.start();
    expect(await readType(await new Browser().open(`${without.url}/sign-in`))).toBe('sign_in_not_set_up');
    expect((await without.get('/v1/clients')).status).toBe(200);
    const { id } = await without.make('/v1/users', { name: 'Kim', email: 'kim@example.org', role: 'lead' });
    expect(readProblemType(await without.post(`/v1/users/${id}/invitations`, undefined))).toBe('sign_in_not_set_up');
    const cookie = { key: '', headers: { Cookie: `${COOKIE}=${'x'.repeat(43)}` } };
    expect((await without.get('/v1/session', cookie)).status).toBe(401);
    await without.stop();
  });
});
