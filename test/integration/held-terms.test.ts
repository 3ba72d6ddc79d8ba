import { PROVIDER, type Reply } from '../support/api';
import { eventually } from '../support/eventually';
import { inventNpi } from '../support/file';
import { daysAgo, daysAhead, System, TODAY, type OpenApplication } from '../support/system';

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system.stop());

const LATE = daysAhead(500);
const licence = (number: string, expiresOn: string, more: object = {}) => ({ state: 'CA', number, expiresOn, ...more });
const policy = (policyNumber: string, expiresOn: string, more: object = {}) => ({
  carrier: 'Good Cover',
  policyNumber,
  expiresOn,
  ...more,
});

/** In network since long ago, with a file that is put right to what is given. */
async function confirmed(file: object) {
  const application = await system.at('confirmed');
  const path = `/v1/providers/${application.filed.providerId}`;
  const change = async (body: object): Promise<Reply['body']> => {
    const reply = await system.api.patch(path, body);
    expect([reply.status, reply.body.errors]).toEqual([200, undefined]);
    return reply.body;
  };
  await change({ ...file, correction: true });
  return { application, path, change };
}
const on = (application: OpenApplication, dateOfService: string, more: Record<string, string> = {}) =>
  application.readiness({ dateOfService, ...more });
/** Lists the days on which the answer is a no for want of a licence. */
async function unlicensed(application: OpenApplication, ...days: string[]): Promise<string[]> {
  const answers = await Promise.all(days.map((day) => on(application, day)));
  return days.filter((_day, i) => answers[i].reasons.includes('licence_not_current'));
}
async function uncovered(application: OpenApplication, ...days: string[]): Promise<string[]> {
  const answers = await Promise.all(days.map((day) => on(application, day)));
  return days.filter((_day, i) => answers[i].cautions.includes('malpractice_lapsed'));
}
/** An instant after all that was recorded, and before all that will be. */
async function moment(): Promise<string> {
  const tick = (since: string) => eventually(() => Promise.resolve(new Date().toISOString() > since));
  await tick(new Date().toISOString());
  const at = new Date().toISOString();
  await tick(at);
  return at;
}

test('a renewal after a gap does not make the gap billable; that there was none is said by its first day', async () => {
  const { application, change } = await confirmed({ licences: [licence('1', daysAgo(100))] });
  const days = [daysAgo(100), daysAgo(99), daysAgo(1), TODAY, LATE];
  expect(await unlicensed(application, ...days)).toEqual(days.slice(1));
  const before = await moment();
  const renewed = await change({ licences: [licence('1', LATE)] });
  expect(renewed).toMatchObject({
    licences: [licence('1', LATE, { startsOn: TODAY })],
    formerLicences: [licence('1', daysAgo(100))],
  });
  expect(await unlicensed(application, ...days)).toEqual([daysAgo(99), daysAgo(1)]);
  const { whatToDo, licenceTerms } = await on(application, daysAgo(50));
  expect(whatToDo).toMatchObject([{ reason: 'licence_not_current', do: expect.stringContaining(daysAgo(100)) }]);
  expect(whatToDo[0].do).toContain(TODAY);
  expect(licenceTerms).toEqual([{ startsOn: TODAY, expiresOn: LATE }, { expiresOn: daysAgo(100) }]);
  // the list on file can be sent back as it is, with a later end
  const gap = await moment();
  await change({ licences: renewed.licences });
  expect((await change({ licences: renewed.licences })).formerLicences).toEqual(renewed.formerLicences);

  await change({ licences: [licence('1', LATE, { startsOn: daysAgo(99) })], correction: true });
  expect(await unlicensed(application, ...days)).toEqual([]);
  // as it was known
  const then = async (asOf: string) => (await on(application, daysAgo(50), { asOf })).mayBill;
  expect([await then(before), await then(gap), await then(await moment())]).toEqual([false, false, true]);
});

test('a renewal that is recorded late leaves no gap where `changedOn` is the day after', async () => {
  const { application, change } = await confirmed({ licences: [licence('1', daysAgo(40))] });
  await change({ licences: [licence('1', LATE)], changedOn: daysAgo(39) });
  expect(await unlicensed(application, daysAgo(40), daysAgo(39), TODAY)).toEqual([]);
});

test('a licence that was replaced keeps past dates billable, and one that is taken off until it was', async () => {
  const { application, change } = await confirmed({ licences: [licence('1', LATE)] });
  const replaced = await change({ licences: [licence('22', daysAhead(700), { issuedOn: daysAgo(10) })] });
  expect(replaced).toMatchObject({
    licences: [licence('22', daysAhead(700), { issuedOn: daysAgo(10), startsOn: daysAgo(10) })],
    formerLicences: [licence('1', daysAgo(1))],
  });
  expect(await unlicensed(application, daysAgo(300), daysAgo(11), daysAgo(1), TODAY)).toEqual([]);
  await change({ licences: [] });
  expect(await unlicensed(application, daysAgo(300), daysAgo(1), TODAY)).toEqual([TODAY]);
  // it was never theirs
  await change({ licences: [], formerLicences: [] });
  expect(await unlicensed(application, daysAgo(300), daysAgo(1), TODAY)).toHaveLength(3);
});

test('a licence that was issued after the effective date makes no day before it billable, and the answer names its first day', async () => {
  const { application } = await confirmed({ licences: [licence('1', LATE, { issuedOn: daysAgo(30) })] });
  const before = await on(application, daysAgo(31));
  expect(before).toMatchObject({
    mayBill: false,
    reasons: ['licence_not_current'],
    billableFrom: daysAgo(30),
    whatToDo: [{ do: expect.stringContaining(`begins on ${daysAgo(30)}`) }],
  });
  expect(await on(application, daysAgo(30))).toMatchObject({ mayBill: true });
  // the effective date is the payer's word: it is taken, and a person looks
  const findings = (await system.api.get(`/v1/clients/${application.filed.clientId}/findings`)).body.items;
  expect(findings).toContainEqual(
    expect.objectContaining({
      code: 'licence_begins_after_effective_date',
      about: 'CA',
      applicationIds: [application.id],
    }),
  );
});

test('a licence that begins later leaves the one on file until then, unless that never was', async () => {
  const { application, change } = await confirmed({ licences: [licence('1', LATE)] });
  await change({ licences: [licence('2', LATE, { startsOn: daysAhead(3) })] });
  expect(await unlicensed(application, TODAY, daysAhead(2), daysAhead(3))).toEqual([]);
  await change({ licences: [licence('2', LATE, { startsOn: daysAhead(3) })], formerLicences: [] });
  expect(await unlicensed(application, TODAY, daysAhead(2), daysAhead(3))).toEqual([TODAY, daysAhead(2)]);
});

test('malpractice cover is asked for by the date of service, through renewals, gaps and other carriers', async () => {
  const { application, change } = await confirmed({
    malpractice: policy('P-1', daysAgo(100), { startsOn: daysAgo(300) }),
  });
  const renewed = await change({ malpractice: policy('P-1', LATE) });
  expect(renewed).toMatchObject({
    malpractice: policy('****', LATE, { startsOn: TODAY }),
    formerMalpractice: [policy('****', daysAgo(100), { startsOn: daysAgo(300) })],
  });
  const days = [daysAgo(301), daysAgo(300), daysAgo(100), daysAgo(99), daysAgo(1), TODAY];
  expect(await uncovered(application, ...days)).toEqual([daysAgo(301), daysAgo(99), daysAgo(1)]);
  // another carrier from a day ahead: the first runs until then
  const other = { ...policy('X-9', LATE, { startsOn: daysAhead(20) }), carrier: 'Other Mutual' };
  await change({ malpractice: other });
  expect(await uncovered(application, daysAgo(100), TODAY, daysAhead(19), daysAhead(20))).toEqual([]);
  await change({ malpractice: null });
  expect(await uncovered(application, daysAgo(100), TODAY, daysAhead(20))).toEqual([TODAY, daysAhead(20)]);
});

test('a DEA registration keeps its former terms, and the person is reminded of the latest', async () => {
  const dea = (expiresOn: string, more: object = {}) => ({ state: 'CA', number: 'AB1234563', expiresOn, ...more });
  const { path, change } = await confirmed({ dea: [dea(daysAhead(10), { issuedOn: daysAgo(900) })] });
  const renewed = await change({ dea: [dea(LATE)], licences: [licence('1', LATE)] });
  expect(renewed).toMatchObject({
    dea: [dea(LATE, { number: '****4563', startsOn: daysAhead(11) })],
    formerDea: [dea(daysAhead(10), { number: '****4563', issuedOn: daysAgo(900), startsOn: daysAgo(900) })],
  });
  const { items } = (await system.api.get(`${path}/upkeep`)).body;
  const due = items.flatMap(({ kind, dueOn }: Reply['body']) =>
    ['dea', 'licence'].includes(kind) ? [[kind, dueOn]] : [],
  );
  expect(due).toEqual([
    ['licence', LATE],
    ['dea', LATE],
  ]);
  const [audited] = await system.api.deps.sql`
    select detail::text from audit_log where action = 'provider.update' and detail::text like '%AB1234563%'`;
  expect(audited).toBeUndefined();
});

test('former terms can be given with the provider, and come back as they are; a new licence leaves the gap between', async () => {
  const { clientId } = await system.file();
  const body = {
    ...PROVIDER,
    npi: inventNpi(),
    licences: [licence('1', LATE)],
    formerLicences: [
      licence('1', daysAgo(60), { startsOn: daysAgo(800) }),
      licence('0', daysAgo(801), { issuedOn: daysAgo(1600) }),
    ],
    formerMalpractice: [policy('P-0', daysAgo(700))],
  };
  const made = await system.api.make(`/v1/clients/${clientId}/providers`, body);
  expect(made).toMatchObject({
    licences: [licence('1', LATE, { startsOn: TODAY })],
    formerLicences: [body.formerLicences[0], { ...body.formerLicences[1], startsOn: daysAgo(1600) }],
    formerMalpractice: [policy('****', daysAgo(700))],
    formerDea: [],
  });
});

test('days of a term that contradict each other are refused, each by name', async () => {
  const { path } = await confirmed({});
  const { status, body } = await system.api.patch(path, {
    licences: [
      licence('1', LATE, { issuedOn: daysAgo(1), startsOn: daysAgo(2) }),
      licence('2', daysAgo(9), { startsOn: daysAgo(8) }),
      licence('3', daysAgo(9), { issuedOn: daysAgo(8) }),
    ],
    malpractice: policy('P', daysAgo(9), { startsOn: daysAgo(8) }),
    formerDea: [{ state: 'CA', number: 'AB1234563', startsOn: daysAgo(8), expiresOn: daysAgo(9) }],
  });
  expect([status, body.errors.map(({ path: at, rule }: Reply['body']) => `${at} ${rule}`)]).toEqual([
    400,
    [
      'licences.0.startsOn order',
      'licences.1.expiresOn order',
      'licences.2.expiresOn order',
      'malpractice.expiresOn order',
      'formerDea.0.expiresOn order',
    ],
  ]);
});
