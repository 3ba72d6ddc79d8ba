import { randomUUID } from 'node:crypto';
import type { Answer, Api } from '../../local/http';
import { CLIENT, PAYER, PRACTICE, PROVIDER } from './api';
import { hashFile, inventPdf } from '../../local/invented';
import { inventNpi } from './file';
import type { IdField, IdRoom, RealIds } from './odd-requests';

const DAY_MS = 86_400_000;
/** The day so many days from now, in UTC. */
export const addDaysToToday = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);

const FACTS = {
  contract: 'executed',
  effectiveDate: addDaysToToday(-300),
  payerProviderId: 'PIN-1',
  claimsRoute: { clearinghouse: 'Availity', payerId: '60054' },
};
const CONFIRMATIONS = Object.fromEntries(
  Object.entries(FACTS).map(([fact, value]) => [
    fact,
    { value, source: 'letter', reference: 'their letter', confirmedOn: addDaysToToday(-2) },
  ]),
);

/** A client's file. */
export interface File {
  /** The name of the practice, which no other has. */
  name: string;
  /** The name of the provider: the practice's, unless the person is another client's too. */
  lastName: string;
  clientId: string;
  practiceId: string;
  practice: Answer;
  providerId: string;
  payerId: string;
}

/** The month's list of the excluded with every provider and practice by name: a person has to decide whether it is they. */
export const writeExclusionList = (files: File[]): string =>
  [
    'LASTNAME,FIRSTNAME,BUSNAME,NPI,DOB,STATE,EXCLTYPE,EXCLDATE,REINDATE',
    // a person whom several have is listed once
    ...new Set(
      files.map(({ lastName }) => `${lastName},${PROVIDER.firstName},,0000000000,19700131,CA,1128a1,20260301,00000000`),
    ),
    ...files.map(({ name }) => `,,${name} Therapy PLLC,0000000000,,CA,1128b4,20260301,00000000`),
  ].join('\n');

/** Makes clients' files by a running system's API, with something behind every id that a caller can name. */
export function createFileMaker(api: Api) {
  const create = async (path: string, body: object): Promise<string> => (await api.post(path, body)).id;
  const listIds = async (path: string): Promise<string[]> => (await api.get(path)).items.map(({ id }: Answer) => id);

  /** A client with a practice, a provider whom nobody else is called like, unless it is a person whom others have, and a payer. */
  async function makeFile(person?: { lastName: string; npi: string }): Promise<File> {
    const name = `Vale${randomUUID().replaceAll(/[^a-f]/g, '')}`;
    const { lastName, npi } = person ?? { lastName: name, npi: inventNpi() };
    const clientId = await create('/v1/clients', { ...CLIENT, name: `${name} Group` });
    const practice = await api.post(`/v1/clients/${clientId}/practices`, {
      ...PRACTICE,
      legalName: `${name} Therapy PLLC`,
      npi: inventNpi(),
      locations: [{ name: 'Main', address: PRACTICE.address }],
    });
    const provider = { ...PROVIDER, lastName, npi };
    const providerId = await create(`/v1/clients/${clientId}/providers`, provider);
    const payerId = await makePayer();
    return { name, lastName, clientId, practiceId: practice.id as string, practice, providerId, payerId };
  }
  const makePayer = () => create('/v1/payers', { ...PAYER, name: `Payer ${randomUUID()}` });

  const openApplication = ({ practiceId, providerId, payerId }: File, more: object = {}) =>
    create('/v1/applications', { practiceId, providerId, payerId, state: 'CA', ...more });

  /** Something real behind every room of the API and every field that takes an id; its users and key see every client, or this one. */
  async function fillFile(file: File, { seesAll = true } = {}): Promise<RealIds> {
    const { clientId, practiceId, providerId, payerId } = file;
    const [otherPayer, another] = [await makePayer(), await makePayer()];
    const elsewhere = { ...file, payerId: otherPayer };
    const applications = [
      await openApplication(file),
      await openApplication(elsewhere, { adopt: { stage: 'in_review', submittedOn: addDaysToToday(-40) } }),
      await openApplication(elsewhere, { state: 'NY', adopt: { stage: 'information_requested' } }),
      await openApplication(elsewhere, { state: 'TX', adopt: { stage: 'approved', submittedOn: addDaysToToday(-80) } }),
      await openApplication(elsewhere, { state: 'WA', adopt: { stage: 'denied' } }),
      await openApplication(
        { ...file, payerId: another },
        { adopt: { stage: 'confirmed', confirmations: CONFIRMATIONS } },
      ),
    ];
    const sees = seesAll ? {} : { clientIds: [clientId] };
    const makeUser = () =>
      create('/v1/users', { name: 'A user', email: `${randomUUID()}@example.org`, role: 'lead', ...sees });
    const users = [await makeUser(), await makeUser()] as const;
    const { '0': coverId } = [
      await create(`/v1/users/${users[0]}/covers`, {
        coveredBy: users[1],
        fromOn: addDaysToToday(20),
        untilOn: addDaysToToday(30),
      }),
    ];
    const relationship = { providerId, platform: 'Alma', payerIds: [payerId, otherPayer] };
    const createDocument = async (kind: string): Promise<string> => {
      const content = inventPdf([`a ${kind}`]);
      const document = { kind, name: `a ${kind}`, sha256: hashFile(content) };
      const id = await create(`/v1/clients/${clientId}/documents`, document);
      await api.putFile(`/v1/documents/${id}/content`, content);
      return id;
    };
    const documents = [await createDocument('letter'), await createDocument('contract')] as const;
    const linkId = await create(`/v1/documents/${documents[0]}/links`, {});
    const attestation = { attestedOn: addDaysToToday(-20), source: 'operator' };
    const authorisation = { scopes: ['contact_payers'], signedOn: addDaysToToday(-20) };
    const endpoint = { url: 'https://hooks.invalid/odd', types: ['application.stage_changed'], clientIds: [clientId] };
    const leaver = await create(`/v1/clients/${clientId}/providers`, {
      ...PROVIDER,
      lastName: 'Gone',
      npi: inventNpi(),
    });
    const word = { on: addDaysToToday(-2), source: 'email', reference: 'their mail' };
    const ending = await create(`/v1/providers/${leaver}/end`, {
      ...word,
      reason: 'left_practice',
      applications: 'withdraw',
    });
    const back = await create(`/v1/providers/${leaver}/return`, word);
    const onPractice = await listIds(`/v1/practices/${practiceId}/exclusions`);
    const onProvider = await listIds(`/v1/providers/${providerId}/exclusions`);
    const spare = await create(`/v1/clients/${clientId}/practices`, { ...PRACTICE, npi: inventNpi() });
    const agreements = await listIds(`/v1/agreements?practiceId=${practiceId}`);
    const sample = {
      kind: 'new_individual',
      count: 3,
      seed: 'odd',
      from: addDaysToToday(-1),
      to: addDaysToToday(0),
    };
    const certified = {
      providerId,
      practiceId,
      payerId,
      state: 'CA',
      dateOfService: addDaysToToday(0),
      holder: { name: 'A biller', email: 'biller@example.org' },
    };
    const rooms = {
      clients: [clientId],
      practices: [practiceId, spare],
      providers: [providerId, leaver],
      payers: [payerId, otherPayer],
      applications,
      users,
      'platform-relationships': [await create('/v1/platform-relationships', relationship)],
      authorisations: [await create(`/v1/providers/${providerId}/authorisations`, authorisation)],
      agreements,
      'audit-samples': [await create('/v1/audit-samples', sample)],
      'billing-readiness': [await create('/v1/billing-readiness/certificates', certified)],
      calls: [await create('/v1/calls', { payerId, applicationIds: [applications[0]] })],
      documents,
      endings: [ending],
      returns: [back],
      tasks: await listIds(`/v1/tasks?clientId=${clientId}`),
      'api-keys': [await create('/v1/api-keys', { name: 'to be revoked', role: 'auditor', ...sees })],
      'webhook-endpoints': [await create('/v1/webhook-endpoints', endpoint)],
    };
    for (const [room, ids] of Object.entries(rooms)) if (ids.length === 0) throw new Error(`nothing is in ${room}`);
    await create(`/v1/applications/${applications[1]}/notes`, { text: 'logged in error', visibility: 'internal' });
    const timeline = await listIds(`/v1/applications/${applications[1]}/timeline`);
    return {
      rooms: {
        ...rooms,
        // rows that the system makes by itself: as many as there are by now, of any client
        mail: await listIds('/v1/mail'),
        inbox: await listIds(`/v1/inbox?userId=${users[0]}`),
        'webhook-deliveries': await listIds('/v1/webhook-deliveries'),
        operations: [],
      } satisfies Record<IdRoom, readonly string[]>,
      fields: {
        callId: rooms.calls,
        clientId: [clientId],
        practiceId: rooms.practices,
        providerId: rooms.providers,
        payerId: rooms.payers,
        applicationId: applications,
        locationId: file.practice.locations.map(({ id }: Answer) => id),
        entryId: timeline,
        userId: users,
        assignee: users,
        coveredBy: [users[1]],
        substitute: [users[1]],
        to: [users[1]],
        workTo: [users[1]],
        holderUserId: users,
        secondFactorUserId: users,
        coverId: [coverId],
        documentId: documents,
        linkId: [linkId],
        evidence: documents,
        proof: documents,
        attestationId: [await create(`/v1/providers/${providerId}/attestations`, attestation)],
        'providers/exclusionId': onProvider,
        'practices/exclusionId': onPractice,
        authorizedPayerId: rooms.payers,
        covers: rooms.payers,
        'payers/into': [otherPayer],
        'practices/into': [spare],
        inheritedFrom: agreements,
        subjectId: [providerId, clientId],
        recipientId: [clientId, ...users],
        endpointId: rooms['webhook-endpoints'],
      } satisfies Record<IdField, readonly string[]>,
    };
  }

  return { makeFile, openApplication, fillFile };
}
