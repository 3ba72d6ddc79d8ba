import { ACTIONS, STAGES } from '../../domain/kernel/codes';
import { daysAhead, FACTS, createProof, System, TODAY, type OpenApplication } from '../support/system';

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system.stop());

/** Every stage, and the denial whose window is still open. */
const SITUATIONS = [...STAGES, 'denied in its window'] as const;
type Situation = (typeof SITUATIONS)[number];
type Action = (typeof ACTIONS)[number];

async function standing(situation: Situation): Promise<OpenApplication> {
  if (situation !== 'denied in its window') return system.at(situation);
  const application = await system.at('in_review');
  await application.contact('denied', { channel: 'mail' });
  return application;
}

const reason = 'the payer asked for it';
const seen = { seenOn: TODAY, source: 'portal', reference: 'P-1' };
/** A good request for each action, whatever the stage. */
const REQUESTS: Record<Action, [path: string, body: object]> = {
  submission: ['submission', { submittedOn: TODAY, channel: 'fax' }],
  contacts: ['contacts', { channel: 'portal', outcome: 'other' }],
  information: ['information', { providedOn: TODAY, items: ['W-9'] }],
  contract: ['contract', { status: 'sent', on: TODAY }],
  confirmations: ['confirmations/payerProviderId', createProof(FACTS.payerProviderId, { reason })],
  approval: ['confirmations/payerProviderId/approval', {}],
  appeal: ['appeal', { filedOn: TODAY, channel: 'mail', reason }],
  resubmission: ['resubmission', { reason }],
  restoration: ['restoration', { attempt: 1, reason }],
  waivers: ['waivers', { prerequisite: 'malpractice', reason, until: daysAhead(30) }],
  withdrawal: ['withdrawal', { reason }],
  pause: ['pause', { reason }],
  resume: ['resume', {}],
  'restore-review': ['restore-review', { reason }],
  loading: ['loading', { status: 'loaded', ...seen }],
  directory: ['directory', { status: 'listed', ...seen }],
  issues: ['issues', { code: 'wrong_tin', since: TODAY }],
  'issue-resolution': [
    'issue-resolution',
    { code: 'wrong_tin', resolvedOn: TODAY, source: 'portal', reference: 'P-1' },
  ],
  'committee-date': ['committee-date', { on: TODAY, source: 'letter', reference: 'L-1' }],
  recredentialing: ['recredentialing', { startedOn: TODAY, source: 'letter', reference: 'L-2' }],
  'participation-end': ['participation-end', { on: TODAY, reason, source: 'letter', reference: 'T-1' }],
  notes: ['notes', { text: reason, visibility: 'internal' }],
  assignment: ['assignment', { assignee: null }],
  corrections: ['corrections', { reason }],
};

async function take(application: OpenApplication, action: Action) {
  const [path, body] = REQUESTS[action];
  if (action !== 'corrections') return application.try(path, body);
  await application.act('notes', { text: 'logged in error', visibility: 'internal' });
  return application.try(path, { ...body, entryId: (await application.timeline()).at(-1).id });
}

test('an application that no workflow keeps says so where it is asked for', async () => {
  const { api, path } = await standing('withdrawn');
  const { status, body } = await api.get(`${path}/workflow`);
  expect([status, body.type]).toEqual([409, 'urn:countersign:problem:no_workflow']);
});

test.each(SITUATIONS)('%s: what is shown as allowed is done, and all else is refused with it', async (situation) => {
  const application = await standing(situation);
  const { stage, allowedActions, allowedOutcomes, version } = await application.get();
  const refused = ACTIONS.filter((action) => !allowedActions.includes(action));
  for (const action of refused) {
    const { status, body } = await take(application, action);
    expect([action, status, body]).toEqual([
      action,
      409,
      expect.objectContaining({ stage, allowedActions, allowedOutcomes }),
    ]);
  }
  expect((await application.get()).version).toBe(version);
  // an appeal or a withdrawal leaves the stage: each of what is allowed has an application of its own
  const done = await Promise.all(
    (allowedActions as Action[]).map(async (action) => [
      action,
      (await take(await standing(situation), action)).status,
    ]),
  );
  expect(done).toEqual(allowedActions.map((action: Action) => [action, 200]));
  expect(allowedActions).toEqual(expect.arrayContaining(['notes', 'assignment', 'corrections']));
});
