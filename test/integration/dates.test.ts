import { randomUUID } from 'node:crypto';
import type { Adoption, Said } from '../../domain/applications/bodies';
import type { ApplicationKey } from '../../domain/applications/events';
import { keepCommand } from '../../record/applications/commands';
import { openApplication } from '../../record/applications/opening';
import type { Reply } from '../support/api';
import { allFacts, daysAgo, FACTS, OpenApplication, proof, System, TODAY, type Filed } from '../support/system';

const FOR_EVER = '9999-12-31';
const ACTOR = { type: 'system', id: 'test', name: 'Test' } as const;

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system.stop());

const refusals = ({ status, body }: Reply) => [
  status,
  ...(body.errors ?? []).map(({ path, rule }: { path: string; rule: string }) => `${path} ${rule}`),
];

describe('a date that is far from every other one is refused', () => {
  test('as an effective date, confirmed or adopted, with the range that it has to lie in', async () => {
    const application = await system.at('approved');
    for (const [value, rule] of [
      [FOR_EVER, 'date_range'],
      ['1899-12-31', 'date_range'],
      ['2199-12-31', 'within_ten_years'],
      ['2026-02-30', 'real_date'],
    ]) {
      const refused = await application.try('confirmations/effectiveDate', proof(value));
      expect(refusals(refused)).toEqual([400, `value ${rule}`]);
    }
    const { body } = await application.try('confirmations/effectiveDate', proof(FOR_EVER));
    expect(body.errors[0].message).toBe('must be from 1900-01-01 to 2199-12-31');
    const { providerId, practiceId, payerId } = await system.file();
    const confirmations = { ...allFacts(), effectiveDate: proof(FOR_EVER) };
    const adopt = { stage: 'confirmed', confirmations };
    const adopted = await system.api.post('/v1/applications', { providerId, practiceId, payerId, state: 'CA', adopt });
    expect(refusals(adopted)).toEqual([400, 'adopt.confirmations.effectiveDate.value date_range']);
  });

  test('as the end of a closure, which lasts a year at most', async () => {
    const closing = (to: string) =>
      system.api.post('/v1/payers', {
        name: `Payer ${randomUUID()}`,
        electronicPayerIds: [],
        playbook: { closures: [{ from: TODAY, to }] },
      });
    expect(refusals(await closing(FOR_EVER))).toEqual([
      400,
      'playbook.closures.0.to date_range',
      'playbook.closures.0.to longest_closure',
    ]);
    expect(refusals(await closing(daysAgo(-366)))).toEqual([400, 'playbook.closures.0.to longest_closure']);
    expect((await closing(daysAgo(-365))).status).toBe(201);
  });

  test('as the day by which a payer wants a recredentialing', async () => {
    const application = await system.at('confirmed');
    const asked = { startedOn: TODAY, dueOn: FOR_EVER, source: 'letter', reference: 'L-1' };
    expect(refusals(await application.try('recredentialing', asked))).toEqual([400, 'dueOn date_range']);
  });
});

describe('where such a date was stored before there was a range', () => {
  /** Records what the door would refuse, as an earlier version did. */
  async function record(application: OpenApplication, said: Said): Promise<void> {
    const { sql, dispatch } = system.api.deps;
    const { id, filed } = application;
    const commandId = randomUUID();
    await keepCommand(sql, { id: commandId, clientId: filed.clientId, applicationId: id, ...said }, ACTOR);
    expect(await dispatch.deliver(commandId, 20_000)).toMatchObject({ status: 'recorded' });
  }

  /** Opens what the door would refuse. */
  async function opened(filed: Filed, adopt?: Adoption): Promise<OpenApplication> {
    const { sql, dispatch } = system.api.deps;
    const { clientId, providerId, practiceId, payerId } = filed;
    const key: ApplicationKey = {
      providerId,
      practiceId,
      payerId,
      state: 'CA',
      lineOfBusiness: 'commercial',
      kind: 'new_individual',
      locationId: null,
    };
    const id = randomUUID();
    const body = { ...key, ...(adopt && { adopt }) };
    const made = await openApplication(sql, { id, clientId, key, body, at: new Date().toISOString() }, ACTOR);
    expect(made).toHaveProperty('run');
    await dispatch.startApplication(id);
    return new OpenApplication(system.api, id, filed);
  }

  /** It still takes an action, stands in the lists, and the gate answers. */
  async function expectAlive(application: OpenApplication): Promise<void> {
    await application.act('notes', { text: 'still here', visibility: 'internal' });
    expect((await application.timeline()).at(-1)).toMatchObject({ kind: 'note' });
    const list = await system.api.get(`/v1/applications?providerId=${application.filed.providerId}`);
    expect(list.body.items.map(({ id }: { id: string }) => id)).toContain(application.id);
    expect(await application.readiness()).toHaveProperty('mayBill');
    const { clientId, providerId } = application.filed;
    for (const path of [
      `clients/${clientId}/coverage`,
      `providers/${providerId}/upkeep`,
      'work-queue',
      'work-queue/load',
    ])
      expect([path, (await system.api.get(`/v1/${path}`)).status]).toEqual([path, 200]);
  }

  test('an application that was confirmed with it goes on, and can be put right', async () => {
    const application = await system.at('approved');
    for (const fact of ['contract', 'payerProviderId', 'claimsRoute'] as const) await application.confirm(fact);
    await record(application, {
      action: 'confirmations',
      body: { fact: 'effectiveDate', ...proof(FOR_EVER) },
    });
    await expectAlive(application);
    const right = await application.act(
      'confirmations/effectiveDate',
      proof(FACTS.effectiveDate, { reason: 'a slip' }),
    );
    expect(right.confirmations.effectiveDate.value).toBe(FACTS.effectiveDate);
  });

  test('an application that was adopted with it goes on', async () => {
    const confirmations = { ...allFacts(), effectiveDate: proof(FOR_EVER) };
    const application = await opened(await system.file(), { stage: 'confirmed', confirmations });
    await expectAlive(application);
    expect((await application.get()).participation.effectiveOn).toBe(FOR_EVER);
  });

  test('a participation of which the recredentialing is due on it goes on, and takes another day', async () => {
    const application = await system.at('confirmed');
    const asked = { startedOn: TODAY, source: 'letter', reference: 'L-1' };
    await record(application, { action: 'recredentialing', body: { ...asked, dueOn: FOR_EVER } });
    await expectAlive(application);
    const taken = await application.act('recredentialing', { ...asked, dueOn: daysAgo(-200) });
    expect(taken.participation.recredentialing.dueOn).toBe(daysAgo(-200));
  });

  test('a payer whose closure ends on it takes applications, which are followed up within a year', async () => {
    const filed = await system.file();
    const playbook = { closures: [{ from: daysAgo(10), to: FOR_EVER }] };
    await system.api.deps
      .sql`update playbooks set body = ${system.api.deps.sql.json(playbook)} where payer_id = ${filed.payerId}`;
    const application = await system.open(filed);
    const { nextFollowUpAt } = await application.submit();
    expect(nextFollowUpAt < daysAgo(-380)).toBe(true);
    await expectAlive(application);
  });
});
