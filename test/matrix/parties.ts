import { randomUUID } from 'node:crypto';
import { emitEvent } from '../../record/outreach/event-feed';
import { queueMessages } from '../../record/outreach/messages';
import { createApi } from '../../local/http';
import { ADMIN_KEY, type TestApi } from '../support/api';
import { inventNpi } from '../support/file';
import { addDaysToToday, createFileMaker, writeExclusionList, type File } from '../support/filled-files';
import type { RealIds } from '../support/odd-requests';

/** A client with everything that a caller can name, and the names that no other has. */
export interface Party {
  file: File;
  ids: RealIds;
  /** Ids and names that no caller of another client is shown. */
  marks: string[];
  /** The person behind its first provider. */
  personId: string;
}

/** Puts on record at once what a worker makes in its own time: a message, mail, a webhook that waits, a dead row of the outbox. */
async function fillBeside(api: TestApi, { clientId }: File, ids: RealIds): Promise<RealIds> {
  const { sql } = api.deps;
  const [userId, endpointId, applicationId] = [
    ids.rooms.users![0]!,
    ids.rooms['webhook-endpoints']![0]!,
    // an application that stands still: one that changes has such a row delivered after all
    ids.fields.applicationId![4]!,
  ];
  const key = randomUUID();
  const notBefore = new Date().toISOString();
  const message = { key, clientId, recipientType: 'user' as const, recipientId: userId, notBefore };
  await queueMessages(sql, [{ ...message, template: 'escalation', data: { purpose: 'check_status' } }]);
  const [batch] = await sql<{ id: string }[]>`
    insert into mail_batches ${sql({ clientId, recipientType: 'user', recipientId: userId, status: 'uncertain' })} returning id`;
  const [told] = await sql<{ id: string }[]>`
    update messages set status = 'sent', batch_id = ${batch!.id} where key = ${key} returning id`;
  await sql`insert into local_mailbox ${sql({ clientId, recipient: 'a@example.org', subject: clientId, text: '-', html: '-' })}`;
  await sql.begin((tx) =>
    emitEvent(tx, { clientId, type: 'application.stage_changed', subjectId: applicationId, data: {} }),
  );
  // there is no receiver: it is not tried meanwhile
  const [delivery] = await sql<{ id: string }[]>`
    update webhook_deliveries set status = 'dead', settled_at = now() where endpoint_id = ${endpointId} returning id`;
  const topic = 'file_changed';
  const [dead] = await sql<{ id: string }[]>`
    insert into outbox ${sql({ topic, subject: applicationId, deadAt: new Date().toISOString() })}
    returning md5('outbox ' || topic || '/' || subject || '/' || extract(epoch from dead_at))::uuid as id`;
  const days = { from: addDaysToToday(-1), to: addDaysToToday(0) };
  const sample = { kind: 'new_individual', count: 3, seed: 'own', ...days };
  const drawn = await api.make('/v1/audit-samples', sample, { key: await api.keyOf('auditor', [clientId]) });
  const rooms = {
    ...ids.rooms,
    // a sample of this client's applications alone
    'audit-samples': [drawn.id],
    inbox: [told!.id],
    mail: [batch!.id],
    'webhook-deliveries': [delivery!.id],
    operations: [dead!.id],
  };
  return { rooms, fields: ids.fields };
}

/** Makes clients, and another beside them; those marked as sharing have the person of its provider too. */
export async function makeParties(api: TestApi, sharing: boolean[]): Promise<{ parties: Party[]; other: Party }> {
  const { makeFile, fillFile } = createFileMaker(createApi(api.url, ADMIN_KEY));
  const person = { lastName: `Shared${randomUUID().replaceAll(/[^a-f]/g, '')}`, npi: inventNpi() };
  const files: File[] = [];
  for (const shares of [...sharing, true]) files.push(await makeFile(shares ? person : undefined));
  const imported = await api.call('POST', `/v1/exclusions/imports?month=${addDaysToToday(0).slice(0, 7)}`, {
    body: writeExclusionList(files),
    headers: { 'Content-Type': 'text/csv' },
  });
  if (imported.status !== 200) throw new Error(`the list was not taken: ${JSON.stringify(imported.body)}`);
  const parties: Party[] = [];
  for (const file of files) {
    const ids = await fillBeside(api, file, await fillFile(file, { seesAll: false }));
    parties.push({ file, ids, marks: listMarks(file, ids), personId: await findPerson(api, file) });
  }
  return { parties: parties.slice(0, -1), other: parties.at(-1)! };
}

async function findPerson({ deps: { sql } }: TestApi, { providerId }: File): Promise<string> {
  const [provider] = await sql<{ personId: string }[]>`select person_id from providers where id = ${providerId}`;
  return provider!.personId;
}

/** Payers belong to all clients, and what a list says of a person to all who have them. */
const SHARED_FIELDS = ['payerId', 'authorizedPayerId', 'covers', 'payers/into', 'providers/exclusionId'];
const listPayerIds = ({ rooms }: RealIds): readonly string[] => rooms.payers!;
const listOwnIds = ({ rooms, fields }: RealIds): [name: string, ids: readonly string[]][] => [
  ...Object.entries(rooms).filter(([room]) => room !== 'payers'),
  ...Object.entries(fields).filter(([field]) => !SHARED_FIELDS.includes(field)),
];

const listMarks = ({ name, practice }: File, ids: RealIds): string[] => [
  name,
  practice.npi,
  ...new Set(listOwnIds(ids).flatMap(([, own]) => own)),
];

/** Pairs each id of one party with the other's in the same place, and its payers, which both may name, with the other's. */
export function matchParties(one: Party, other: Party): { foreign: Map<string, string>; shared: Map<string, string> } {
  const [theirs, payers] = [Object.fromEntries(listOwnIds(other.ids)), listPayerIds(other.ids)];
  const foreign = new Map<string, string>();
  for (const [name, ids] of listOwnIds(one.ids))
    for (const [n, id] of ids.entries()) {
      const counterpart = theirs[name]?.[n] ?? theirs[name]?.at(-1);
      if (counterpart && !foreign.has(id)) foreign.set(id, counterpart);
    }
  return { foreign, shared: new Map(listPayerIds(one.ids).map((id, n) => [id, payers[n]!])) };
}
