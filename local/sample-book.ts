import { addDays } from '../domain/time/dates';
import type { Playbook } from '../domain/registry/playbook';
import { documents, npi } from './invented';

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

/** The invented book: payers, clients with their practices and providers, and applications that name them. `day` is its today. */
export const sampleBook = (day: string) => ({
  payers,
  clients: [
    {
      name: 'Willow Street Counseling',
      timeZone: 'America/New_York',
      contactEmail: 'office@willowstreet.example',
      practices: [
        {
          legalName: 'Willow Street Counseling PLLC',
          tin: { type: 'ein', value: '134567801' },
          npi: npi('199900010'),
          address: { line1: '12 Willow Street', city: 'Albany', state: 'NY', postalCode: '12207' },
        },
      ],
      providers: [
        {
          firstName: 'Nora',
          lastName: 'Feldman',
          npi: npi('199900001'),
          caqhId: '16000001',
          taxonomyCode: '101YM0800X',
          email: 'nora@willowstreet.example',
          ...documents(day, 'NY', 'NY-100201'),
        },
        {
          firstName: 'Samuel',
          lastName: 'Okafor',
          npi: npi('199900002'),
          caqhId: '16000002',
          taxonomyCode: '1041C0700X',
          email: 'samuel@willowstreet.example',
          ...documents(day, 'NY', 'NY-100202'),
        },
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
          npi: npi('199900011'),
          address: { line1: '480 Bluff Trail', line2: 'Suite 3', city: 'Eugene', state: 'OR', postalCode: '97401' },
        },
      ],
      providers: [
        {
          firstName: 'Mei',
          lastName: 'Tanaka',
          npi: npi('199900003'),
          caqhId: '16000003',
          taxonomyCode: '106H00000X',
          email: 'mei@blufftrail.example',
          ...documents(day, 'OR', 'OR-100203'),
        },
        // Her malpractice certificate is not on file yet: what a prerequisite looks like.
        {
          firstName: 'Alicia',
          lastName: 'Romero',
          npi: npi('199900004'),
          caqhId: '16000004',
          taxonomyCode: '103TC0700X',
          email: 'alicia@blufftrail.example',
          licences: documents(day, 'OR', 'OR-100204').licences,
        },
      ],
    },
  ],
  attestations: [
    { provider: 'Feldman', attestedOn: addDays(day, -30), source: 'caqh' },
    { provider: 'Tanaka', attestedOn: addDays(day, -80), source: 'operator' },
  ],
  applications: [
    { provider: 'Feldman', payer: 'Harbor Mutual', state: 'NY' },
    {
      provider: 'Feldman',
      payer: 'Prairie MAC',
      state: 'NY',
      lineOfBusiness: 'medicare',
      adopt: {
        stage: 'in_review',
        submittedOn: addDays(day, -25),
        lastContactOn: addDays(day, -10),
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
  ],
});
