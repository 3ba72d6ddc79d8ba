import { addDays } from '../domain/time/dates';
import type { Playbook } from '../domain/registry/playbook';
import { inventDocuments, inventNpi } from './invented';

/** The payer on which a whole life can be watched. */
export const demoPayer = {
  name: 'Demo Health (clock in seconds)',
  aliases: ['Demo Health'],
  electronicPayerIds: [{ clearinghouse: 'Demo Clearing', payerId: 'DEMO1' }],
  playbook: {
    channel: 'payer_portal',
    confirmReceiptAfter: { seconds: 5 },
    followUpEvery: { seconds: 5 },
    contactOverdueAfter: { seconds: 30 },
    escalateAfter: { minutes: 2 },
    expectedDecision: { minutes: 2 },
    informationDeadline: { minutes: 2 },
    appealWindow: { minutes: 2 },
    panelRecheck: { seconds: 20 },
    contractChase: { seconds: 20 },
    confirmationChase: { seconds: 10 },
  } satisfies Playbook,
};

const EASTERN = { timeZone: 'America/New_York', from: '08:30', to: '17:00' };
const PACIFIC = { timeZone: 'America/Los_Angeles', from: '08:00', to: '16:30' };

const payers = [
  demoPayer,
  {
    name: 'Harbor Mutual Behavioral',
    aliases: ['Harbor Mutual'],
    electronicPayerIds: [{ clearinghouse: 'Demo Clearing', payerId: 'HRBR1' }],
    playbook: {
      channel: 'caqh_pull',
      confirmReceiptAfter: { businessDays: 7 },
      followUpEvery: { businessDays: 10 },
      expectedDecision: { days: 120 },
      callHours: EASTERN,
      contacts: [{ purpose: 'Credentialing status', phone: '555-0100', ivrPath: '2, then 4' }],
      callerVerification: ['TIN', 'NPI'],
      maxPerCall: 3,
      questions: ['Was the application received?', 'Is anything missing?', 'When does the committee meet?'],
    } satisfies Playbook,
  },
  {
    name: 'Cedar Peak Health Plan',
    aliases: ['Cedar Peak'],
    electronicPayerIds: [{ clearinghouse: 'Demo Clearing', payerId: '6147X' }],
    playbook: {
      channel: 'payer_portal',
      confirmReceiptAfter: { businessDays: 10 },
      earliestInquiry: { days: 60 },
      expectedDecision: { days: 120 },
      informationDeadline: { days: 30 },
      callHours: PACIFIC,
      contacts: [{ purpose: 'Provider enrolment', portalUrl: 'https://providers.cedarpeak.example/status' }],
    } satisfies Playbook,
  },
  {
    name: 'Prairie State Medicare Contractor',
    aliases: ['Prairie MAC'],
    electronicPayerIds: [{ clearinghouse: 'Demo Clearing', payerId: 'PSMAC' }],
    playbook: {
      channel: 'pecos',
      requiresCaqh: false,
      confirmReceiptAfter: { businessDays: 5 },
      followUpEvery: { businessDays: 15 },
      expectedDecision: { days: 60 },
      informationDeadline: { days: 30 },
      appealWindow: { days: 60 },
      contractBases: ['government_program'],
    } satisfies Playbook,
  },
];

const createProvider = (firstName: string, lastName: string, number: number, more: object) => ({
  firstName,
  lastName,
  npi: inventNpi(`1999000${String(number).padStart(2, '0')}`),
  caqhId: `160000${String(number).padStart(2, '0')}`,
  taxonomyCode: '101YM0800X',
  email: `${firstName.toLowerCase()}.${lastName.toLowerCase()}@therapist.example`,
  ...more,
});

/** Creates a member of the group that works in two states. */
const createLakeshoreProvider = (firstName: string, lastName: string, number: number, day: string) =>
  createProvider(firstName, lastName, number, {
    // renewed a year ago, without a gap
    licences: ['IL', 'WI'].map((state) => ({
      state,
      number: `${state}-1003${number}`,
      startsOn: addDays(day, -330),
      expiresOn: addDays(day, 400),
    })),
    formerLicences: ['IL', 'WI'].map((state) => ({
      state,
      number: `${state}-1003${number}`,
      startsOn: addDays(day, -1061),
      expiresOn: addDays(day, -331),
    })),
    malpractice: { carrier: 'Lantern Mutual', policyNumber: `PL-LS-${number}`, expiresOn: addDays(day, 220) },
  });

const USERS = [
  { name: 'Dana Ortiz', email: 'dana@operator.example', role: 'lead' },
  { name: 'Sam Whitfield', email: 'sam@operator.example', role: 'specialist' },
];

const createClients = (day: string) => [
  // A client on a platform, with half of the questions answered: direct with one payer, on a bridge to another.
  {
    name: 'Ana Ruiz Therapy',
    timeZone: 'America/Los_Angeles',
    contactEmail: 'ana@ruiztherapy.example',
    practices: [
      {
        legalName: 'Ana Ruiz Therapy PC',
        tin: { type: 'ein', value: '954567803' },
        npi: inventNpi('199900012'),
        address: { line1: '77 Alameda Avenue', city: 'Oakland', state: 'CA', postalCode: '94612' },
      },
    ],
    providers: [createProvider('Ana', 'Ruiz', 5, inventDocuments(day, 'CA', 'CA-100205'))],
  },
  {
    name: 'Willow Street Counseling',
    timeZone: 'America/New_York',
    contactEmail: 'office@willowstreet.example',
    practices: [
      {
        legalName: 'Willow Street Counseling PLLC',
        tin: { type: 'ein', value: '134567801' },
        npi: inventNpi('199900010'),
        address: { line1: '12 Willow Street', city: 'Albany', state: 'NY', postalCode: '12207' },
      },
    ],
    providers: [
      createProvider('Nora', 'Feldman', 1, inventDocuments(day, 'NY', 'NY-100201')),
      createProvider('Samuel', 'Okafor', 2, {
        ...inventDocuments(day, 'NY', 'NY-100202'),
        taxonomyCode: '1041C0700X',
      }),
    ],
  },
  {
    name: 'Bluff Trail Therapy',
    timeZone: 'America/Los_Angeles',
    contactEmail: 'hello@blufftrail.example',
    practices: [
      {
        legalName: 'Bluff Trail Therapy LLC',
        tin: { type: 'ein', value: '934567802' },
        npi: inventNpi('199900011'),
        address: { line1: '480 Bluff Trail', line2: 'Suite 3', city: 'Eugene', state: 'OR', postalCode: '97401' },
      },
    ],
    providers: [
      createProvider('Mei', 'Tanaka', 3, { ...inventDocuments(day, 'OR', 'OR-100203'), taxonomyCode: '106H00000X' }),
      // Her malpractice certificate is not on file yet: an example of a prerequisite.
      createProvider('Alicia', 'Romero', 4, {
        taxonomyCode: '103TC0700X',
        licences: inventDocuments(day, 'OR', 'OR-100204').licences,
      }),
    ],
  },
  {
    name: 'Lakeshore Group Practice',
    timeZone: 'America/Chicago',
    contactEmail: 'office@lakeshore.example',
    practices: [
      {
        legalName: 'Lakeshore Group Practice LLC',
        tin: { type: 'ein', value: '364567804' },
        npi: inventNpi('199900013'),
        address: { line1: '900 Lakeshore Drive', city: 'Chicago', state: 'IL', postalCode: '60611' },
      },
    ],
    providers: [
      createLakeshoreProvider('Grace', 'Adeyemi', 21, day),
      createLakeshoreProvider('Tomasz', 'Nowak', 22, day),
      createLakeshoreProvider('Leah', 'Stern', 23, day),
      createLakeshoreProvider('Priya', 'Raman', 24, day),
      createLakeshoreProvider('Owen', 'Larsen', 25, day),
    ],
  },
];

const createAttestations = (day: string) => [
  { provider: 'Ruiz', attestedOn: addDays(day, -45), source: 'caqh' },
  { provider: 'Feldman', attestedOn: addDays(day, -30), source: 'caqh' },
  { provider: 'Tanaka', attestedOn: addDays(day, -80), source: 'operator' },
  // Nowak's lapses in five days.
  { provider: 'Nowak', attestedOn: addDays(day, -115), source: 'caqh' },
  ...['Adeyemi', 'Stern', 'Raman'].map((one) => ({
    provider: one,
    attestedOn: addDays(day, -20),
    source: 'caqh',
  })),
];

const createRelationships = (day: string) => [
  {
    provider: 'Ruiz',
    platform: 'Headway',
    payers: ['Harbor Mutual', 'Demo Health'],
    since: addDays(day, -700),
    answers: {
      direct_contract: { answer: 'no', words: 'You are credentialed under our group and our TIN.' },
      claims_under_own_setup: { answer: 'no' },
      bill_outside: { answer: 'unclear', words: 'That depends on the payer.' },
    },
    decision: { decision: 'bridge', reason: 'Keep the income while the direct applications run.' },
  },
  { provider: 'Raman', platform: 'Alma', payers: ['Harbor Mutual'], since: addDays(day, -300), answers: {} },
];

const createApplications = (day: string) => [
  // The one contract of her own: the platform has no part in it.
  {
    provider: 'Ruiz',
    payer: 'Cedar Peak',
    state: 'CA',
    adopt: {
      stage: 'confirmed',
      submittedOn: addDays(day, -300),
      referenceNumber: 'CP-1904-88',
      confirmations: createConfirmations(day),
    },
  },
  {
    provider: 'Ruiz',
    payer: 'Harbor Mutual',
    state: 'CA',
    assignee: 'Sam Whitfield',
    adopt: {
      stage: 'in_review',
      submittedOn: addDays(day, -40),
      lastContactOn: addDays(day, -15),
      nextFollowUpOn: day,
      referenceNumber: 'HM-77120',
    },
  },
  { provider: 'Feldman', payer: 'Harbor Mutual', state: 'NY', assignee: 'Sam Whitfield' },
  {
    provider: 'Feldman',
    payer: 'Prairie MAC',
    state: 'NY',
    lineOfBusiness: 'medicare',
    assignee: 'Dana Ortiz',
    adopt: {
      stage: 'in_review',
      submittedOn: addDays(day, -25),
      lastContactOn: addDays(day, -10),
      nextFollowUpOn: day,
      referenceNumber: 'PM-48213',
    },
  },
  { provider: 'Okafor', payer: 'Harbor Mutual', state: 'NY' },
  {
    provider: 'Tanaka',
    payer: 'Cedar Peak',
    state: 'OR',
    adopt: { stage: 'submitted', submittedOn: addDays(day, -12), referenceNumber: 'CP-2210-07' },
  },
  { provider: 'Tanaka', payer: 'Demo Health', state: 'OR' },
  { provider: 'Romero', payer: 'Cedar Peak', state: 'OR' },
  ...['Adeyemi', 'Nowak', 'Stern'].flatMap((one, i) =>
    ['IL', 'WI'].map((state) => ({
      provider: one,
      payer: 'Harbor Mutual',
      state,
      assignee: 'Sam Whitfield',
      adopt: {
        stage: 'in_review',
        submittedOn: addDays(day, -30 - i),
        lastContactOn: addDays(day, -14),
        nextFollowUpOn: addDays(day, i),
        referenceNumber: `HM-7813${i}-${state}`,
      },
    })),
  ),
  { provider: 'Raman', payer: 'Harbor Mutual', state: 'IL', assignee: 'Sam Whitfield' },
];

const AGREEMENT = 'Agreement CP-1904.pdf';
const WELCOME_LETTER = 'Welcome letter CP-1904-88.pdf';

/** Creates the papers that the four facts were read from. */
const createDocuments = (day: string) => [
  {
    provider: 'Ruiz',
    kind: 'contract',
    name: AGREEMENT,
    lines: [
      'Cedar Peak Health Plan: participating provider agreement CP-1904 (invented)',
      'Between Cedar Peak Health Plan and Ana Ruiz Therapy PC, tax id ending in 7803',
      'Executed by both parties.',
    ],
  },
  {
    provider: 'Ruiz',
    kind: 'letter',
    name: WELCOME_LETTER,
    lines: [
      'Cedar Peak Health Plan: welcome letter CP-1904-88 (invented)',
      'To Ana Ruiz Therapy PC, tax id ending in 7803',
      `Ana Ruiz participates from ${addDays(day, -240)} under provider id CP104422.`,
      'Claims go to Demo Clearing, payer id 6147X.',
    ],
  },
];

/**
 * Creates the four facts of a contract that has been in force for 240 days, with the party that each piece of evidence
 * names.
 */
function createConfirmations(day: string) {
  const read = {
    source: 'letter',
    reference: 'Welcome letter CP-1904-88',
    confirmedOn: addDays(day, -200),
    seen: { partyName: 'Ana Ruiz Therapy PC', tinLast4: '7803' },
    evidence: [WELCOME_LETTER],
  };
  return {
    contract: {
      ...read,
      value: 'executed',
      source: 'executed_contract',
      reference: 'Agreement CP-1904',
      evidence: [AGREEMENT],
    },
    effectiveDate: { ...read, value: addDays(day, -240) },
    payerProviderId: { ...read, value: 'CP104422' },
    claimsRoute: { ...read, value: { clearinghouse: 'Demo Clearing', payerId: '6147X' } },
  };
}

/**
 * Creates the invented book of `day`, its today: users, payers, clients with their practices and providers, which
 * platforms they are on with which answers, and applications. Every person is named by a last name, every payer by name
 * or alias.
 */
export const createSampleBook = (day: string) => ({
  users: USERS,
  payers,
  clients: createClients(day),
  attestations: createAttestations(day),
  documents: createDocuments(day),
  relationships: createRelationships(day),
  applications: createApplications(day),
});
