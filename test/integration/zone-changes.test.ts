import { CLIENT } from '../support/api';
import { eventually } from '../support/eventually';
import { toWallClock } from '../support/independent-calendar';
import { daysAhead, System, type OpenApplication } from '../support/system';

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system.stop());

const ELSEWHERE = 'America/New_York';

/** Reads what a clock in the client's zone shows at an instant. */
const shown = (at: string, timeZone: string) =>
  new Date(toWallClock(Date.parse(at), timeZone)).toISOString().slice(0, 16);
const replanned = async (application: OpenApplication) =>
  (await application.timeline()).filter(({ kind }) => kind === 'replanned').length;

test('a client’s new time zone moves everything that waits for an hour of its day, and each once', async () => {
  const filed = await system.file();
  const { clientId, providerId, payerId } = filed;
  const open = await system.open(filed, { adopt: { stage: 'in_review' } });
  const participation = await system.at('confirmed', { filed: await system.file({ clientId }) });
  const asked = { kind: 'question', receivedOn: daysAhead(0), channel: 'email', words: 'When?', dueOn: daysAhead(9) };
  const owner = { name: 'Kim', email: `kim-${clientId}@example.org`, role: 'lead' };
  const { id: assignee } = await system.api.make('/v1/users', owner);
  await system.api.make(`/v1/clients/${clientId}/requests`, { ...asked, assignee });
  const relationship = { providerId, platform: 'Alma', payerIds: [payerId] };
  const { id } = await system.api.make('/v1/platform-relationships', relationship);
  const inquiry = async () => (await system.api.get(`/v1/platform-relationships/${id}/inquiry`)).body;
  await eventually(async () => (await inquiry()).nextAskAt);

  const waited = async (): Promise<string[]> => {
    const { items } = (await system.api.get(`/v1/tasks?clientId=${clientId}&open=true`)).body;
    const ofRequest = items.filter(({ kind }: { kind: string }) => kind === 'client_request');
    const { followUps } = (await participation.get()).participation;
    return [
      (await open.get()).nextFollowUpAt,
      followUps.directory.nextFollowUpAt,
      (await inquiry()).nextAskAt,
      ...ofRequest.map(({ dueAt }: { dueAt: string }) => dueAt),
    ];
  };
  const before = (await waited()).map((at) => shown(at, CLIENT.timeZone));
  expect(before).toHaveLength(4);
  expect(before.map((at) => at.slice(11))).toEqual(['09:00', '09:00', '09:00', '09:00']);

  await system.api.patch(`/v1/clients/${clientId}`, { timeZone: ELSEWHERE });
  await eventually(async () => {
    expect((await waited()).map((at) => shown(at, ELSEWHERE))).toEqual(before);
    return true;
  });
  // said again, and with something else, nothing is planned again
  await system.api.patch(`/v1/clients/${clientId}`, { timeZone: ELSEWHERE, name: 'Oak' });
  const left = () => system.api.deps.sql`select from outbox where topic in ('time_zone_changed', 'file_changed')`;
  await eventually(async () => (await left()).length === 0);
  expect([await replanned(open), await replanned(participation)]).toEqual([1, 1]);
  const { next } = (await system.api.get(`${open.path}/workflow`)).body.progress;
  await eventually(async () => next.at === (await open.get()).nextFollowUpAt);
});
