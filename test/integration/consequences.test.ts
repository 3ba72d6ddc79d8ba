import { randomUUID } from 'node:crypto';
import { CLIENT, PAYER, PRACTICE, PROVIDER, TestApi, type Reply } from '../support/api';
import { freshNpi } from '../support/file';
import { devServerAddress } from '../support/servers';
import { allFacts, daysAgo, daysAhead, proof, TODAY } from '../support/system';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start({ temporalAddress: devServerAddress() });
}, 60_000);
afterAll(() => api.stop());

const PATH = '/v1/platform-relationships';
const NOBODY = '7f2c4a52-61d3-4b0e-9a47-0d9c3c1f5e11';

const rules = ({ body }: Reply) => body.errors.map((e: { path: string; rule: string }) => `${e.path} ${e.rule}`);

const payer = async (playbook: object = {}): Promise<string> =>
  (await api.make('/v1/payers', { ...PAYER, name: `Payer ${randomUUID()}`, playbook })).id;
const practiceOf = (clientId: string) =>
  api.make(`/v1/clients/${clientId}/practices`, {
    ...PRACTICE,
    npi: freshNpi(),
    locations: [{ name: 'Main', address: PRACTICE.address }],
  });

/** A provider with a practice, on a platform with so many payers. */
async function onPlatform(payers = 1, playbook: object = {}) {
  const { id: clientId } = await api.make('/v1/clients', { ...CLIENT, timeZone: 'UTC' });
  const practice = await practiceOf(clientId);
  const provider = await api.make(`/v1/clients/${clientId}/providers`, { ...PROVIDER, npi: freshNpi() });
  await api.make(`/v1/providers/${provider.id}/attestations`, { attestedOn: TODAY, source: 'caqh' });
  const payerIds = await Promise.all(Array.from({ length: payers }, () => payer(playbook)));
  const made = await api.make(PATH, { providerId: provider.id, platform: 'Alma', payerIds });
  const at = `${PATH}/${made.id}`;
  return {
    at,
    id: made.id as string,
    clientId,
    practiceId: practice.id as string,
    locationId: practice.locations[0].id as string,
    providerId: provider.id as string,
    payerIds,
    answer: async (question: string, body: object) => {
      const said = { answeredBy: 'Alma support', answeredOn: TODAY, channel: 'email', ...body };
      const reply = await api.put(`${at}/answers/${question}`, said);
      if (reply.status !== 200) throw new Error(JSON.stringify(reply.body));
      return reply.body;
    },
    decide: (decision: string) => api.put(`${at}/decision`, { decision, reason: 'So it was decided.' }),
    open: (more: object = {}) =>
      api.make('/v1/applications', {
        providerId: provider.id,
        practiceId: practice.id,
        payerId: payerIds[0],
        state: 'CA',
        ...more,
      }),
    leaving: async (leaveOn: string, more = '') => (await api.get(`${at}/consequences?leaveOn=${leaveOn}${more}`)).body,
  };
}

describe('consequences', () => {
  test('what is portable is told for one payer of four, item by item', async () => {
    const { answer, leaving, payerIds } = await onPlatform(4);
    const items = { payerRelationships: 'yes', providerIds: 'yes', rates: 'no' };
    const { id: entryId } = await answer('portable_on_exit', { answer: 'unclear', payerId: payerIds[2], items });
    const found = await leaving(daysAhead(30));
    expect(found.items.map((one: { payerId: string }) => one.payerId)).toEqual(payerIds);
    expect(found.items.map((one: { portable: object }) => one.portable)).toEqual(
      payerIds.map((payerId) =>
        payerId === payerIds[2]
          ? { answer: 'unclear', entryId, ...items, claimsRoutes: 'unclear', clientWorkflows: 'unclear' }
          : {
              answer: 'unanswered',
              entryId: null,
              payerRelationships: 'unanswered',
              providerIds: 'unanswered',
              rates: 'unanswered',
              claimsRoutes: 'unanswered',
              clientWorkflows: 'unanswered',
            },
      ),
    );
    expect(found.withoutApplication).toEqual(payerIds);
  });

  test('a notice of 60 days is counted both ways, and its clause is shown with its entry', async () => {
    const { answer, leaving } = await onPlatform(2);
    const words = 'Sixty days of notice in writing; no contact with clients for a year.';
    const { id: entryId } = await answer('free_of_restrictions', { answer: 'no', noticeDays: 60, words });
    const late = await leaving(daysAhead(59));
    expect(late.notice).toEqual({
      days: 60,
      givenOn: null,
      lastDayToGive: daysAgo(1),
      earliestLeaveOn: daysAhead(60),
      inTime: false,
    });
    expect(late.items[0].restrictions).toEqual({ freeOf: 'no', entryId, words });
    expect((await leaving(daysAhead(60))).notice).toMatchObject({ lastDayToGive: TODAY, inTime: true });
  });

  test('an application is followed from its opening to the day on which the gate says yes', async () => {
    const { leaving, open, payerIds, practiceId } = await onPlatform(4);
    const [none, fresh, asked, network] = payerIds;
    await open({ payerId: fresh });
    await open({ payerId: asked, adopt: { stage: 'in_review', submittedOn: daysAgo(60) } });
    const confirmations = { ...allFacts(), effectiveDate: proof(daysAgo(10)) };
    const kept = await open({ payerId: network, adopt: { stage: 'confirmed', confirmations } });
    const found = await leaving(daysAhead(45));
    const item = (payerId: string | undefined) =>
      found.items.find((one: { payerId: string }) => one.payerId === payerId);
    expect(found.withoutApplication).toEqual([none]);
    expect(item(none)).toMatchObject({
      application: null,
      fits: { kind: 'new_individual', because: [{ reason: 'not_listed' }] },
      billable: { status: 'late', expectedOn: daysAhead(90), from: 'today', gapDays: 45, reasons: ['no_application'] },
    });
    expect(item(fresh)).toMatchObject({
      application: { stage: 'ready_to_submit', open: true },
      billable: { from: 'today' },
    });
    expect(item(asked).billable).toMatchObject({ status: 'expected', expectedOn: daysAhead(30), from: 'submission' });
    expect(item(network)).toMatchObject({
      application: { id: kept.id, practiceId, kind: 'new_individual', stage: 'confirmed', open: false },
      fits: { because: [{ reason: 'under_way', applicationId: kept.id }] },
      billable: { status: 'confirmed', expectedOn: daysAgo(10), gapDays: 0, reasons: [] },
    });
  });

  test('a payer that lists the provider elsewhere gets another TIN or location, a practice with an agreement a member', async () => {
    const { leaving, open, answer, payerIds, clientId, practiceId, locationId } = await onPlatform(3);
    const [listed, credentialed, agreed] = payerIds;
    const other = await practiceOf(clientId);
    const elsewhere = await open({ payerId: listed, practiceId: other.id, adopt: { stage: 'in_review' } });
    const parts = { credentialed: 'yes' };
    const entry = await answer('direct_contract', { answer: 'no', payerId: credentialed, parts });
    const adopt = { stage: 'confirmed', confirmations: allFacts() };
    const colleague = await api.make(`/v1/clients/${clientId}/providers`, { ...PROVIDER, npi: freshNpi() });
    await open({ providerId: colleague.id, payerId: agreed, adopt });

    const fits = async (more: string) =>
      (await leaving(TODAY, more)).items.map((one: { fits: object }) => one.fits) as object[];
    const here = await fits(`&practiceId=${practiceId}`);
    expect(here).toMatchObject([
      { kind: 'add_tin_or_location', because: [{ reason: 'listed_elsewhere', applicationId: elsewhere.id }] },
      { kind: 'add_tin_or_location', because: [{ reason: 'credentialed_by_ledger', entryId: entry.id }] },
      { kind: 'add_to_group', because: [{ reason: 'practice_has_agreement' }] },
    ]);
    expect(await fits(`&practiceId=${practiceId}&locationId=${locationId}`)).toEqual(here);
    expect(await fits(`&practiceId=${other.id}`)).toMatchObject([
      { kind: 'new_individual', because: [{ reason: 'under_way', applicationId: elsewhere.id }] },
      { kind: 'add_tin_or_location' },
      { kind: 'new_individual', because: [{ reason: 'not_listed' }] },
    ]);
  });

  test('nothing is told of another client, and of nothing that is wrongly asked', async () => {
    const { at, clientId, practiceId } = await onPlatform();
    const stranger = await onPlatform();
    const theirs = await api.keyOf('client', [stranger.clientId]);
    const own = await api.keyOf('client', [clientId]);
    const url = `${at}/consequences?leaveOn=${TODAY}`;
    expect((await api.get(url, { key: theirs })).status).toBe(404);
    expect((await api.get(url, { key: own })).status).toBe(200);
    const refused: [query: string, ...string[]][] = [
      ['', 'leaveOn required'],
      ['?leaveOn=2026-02-30', 'leaveOn real_date'],
      [`?leaveOn=${TODAY}&practiceId=${stranger.practiceId}`, 'practiceId unknown_reference'],
      [`?leaveOn=${TODAY}&practiceId=${practiceId}&locationId=${stranger.locationId}`, 'locationId unknown_reference'],
      [`?leaveOn=${TODAY}&locationId=${stranger.locationId}`, 'locationId unknown_reference'],
      [`?leaveOn=${TODAY}&colour=red`, 'colour unknown_field'],
    ];
    for (const [query, ...expected] of refused)
      expect([query, rules(await api.get(`${at}/consequences${query}`))]).toEqual([query, expected]);
    expect((await api.get(`${PATH}/${NOBODY}/consequences?leaveOn=${TODAY}`)).status).toBe(404);
  });
});
