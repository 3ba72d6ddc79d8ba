import { STAFF_ROLES, ROLES, type Role } from '../../domain/kernel/codes';
import type { Reply } from '../support/api';
import { System } from '../support/system';

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system.stop());

type Body = Reply['body'];
/** A key of each role, of one client. */
const keysOf = async (clientId: string): Promise<[Role, string][]> =>
  Promise.all(ROLES.map(async (role): Promise<[Role, string]> => [role, await system.api.keyOf(role, [clientId])]));

test('internal notes, and the notes of contacts, are shown to the operator’s staff alone', async () => {
  const application = await system.at('in_review');
  await application.act('notes', { text: 'among ourselves', visibility: 'internal' });
  await application.act('notes', { text: 'for all', visibility: 'client' });
  await application.contact('other', { notes: 'rude on the phone' });
  const { id } = (await application.timeline()).find(({ text }: Body) => text === 'among ourselves')!;
  await application.act('corrections', { entryId: id, reason: 'misplaced among ourselves' });
  for (const [role, key] of await keysOf(application.filed.clientId)) {
    const text = JSON.stringify(await application.timeline({ key }));
    const seen = ['among ourselves', 'for all', 'rude on the phone'].filter((words) => text.includes(words));
    const all = STAFF_ROLES.includes(role) ? ['among ourselves', 'for all', 'rude on the phone'] : ['for all'];
    expect([role, seen]).toEqual([role, all]);
  }
});
