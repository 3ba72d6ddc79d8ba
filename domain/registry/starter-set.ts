import type { Playbook } from './playbook';

/** A payer to begin with; its playbook is guidance as it was read, to be replaced by what the operator learns. */
export interface StarterPayer {
  name: string;
  aliases: string[];
  electronicPayerIds: { clearinghouse: string; payerId: string }[];
  playbook: Playbook;
}

const AS_OF = '2026-11-23';
const from = (source: string) => ({ source: `guidance: ${source}`, asOf: AS_OF });

/**
 * Payers of behavioural health practices, each fact with where it was read. What no source says is left out, and the
 * defaults hold: none says how many files a representative takes in a call.
 */
export const STARTER_SET: readonly StarterPayer[] = [
  {
    name: 'Aetna Behavioral Health',
    aliases: ['Aetna'],
    electronicPayerIds: [],
    playbook: {
      channel: 'payer_portal',
      expectedDecision: { days: 180 },
      followUpEvery: { businessDays: 10 },
      trackOrder: 'contracting_first',
      loadingCheck: { businessDays: 30 },
      questions: [
        'Was the request received, and under which request number?',
        'Has the contract been sent by e-mail for signature, and to which address?',
        'Has the committee decided, and what is the effective date?',
      ],
      sources: {
        channel: from('aetna.com, join the network: web request form, then e-signature, then CAQH'),
        expectedDecision: from('aetna.com: credentialing 45 to 180 days'),
        followUpEvery: from('GetPaneled: every one to two weeks'),
        trackOrder: from('aetna.com: the contract first, then credentialing; both are needed'),
        loadingCheck: from(
          'rushcredentialing.com: loaded some 30 business days after the welcome letter, without notice',
        ),
        questions: from('GetPaneled follow-up script; contract mail lands in spam'),
      },
      variants: [
        {
          kind: 'add_to_group',
          contractBases: ['group_contract'],
          sources: {
            contractBases: from('therassistfl.com: a group contract from 2 clinicians on; it belongs to the business'),
          },
        },
      ],
    },
  },
  {
    name: 'Cigna / Evernorth Behavioral Health',
    aliases: ['Evernorth', 'Cigna Behavioral Health'],
    electronicPayerIds: [],
    playbook: {
      channel: 'caqh_pull',
      expectedDecision: { days: 90 },
      informationDeadline: { days: 60 },
      questions: ['Is the provider listed already, at any location or under any TIN?', 'Is any document missing?'],
      sources: {
        channel: from('evernorth.com: provider information form and CAQH'),
        expectedDecision: from('Therassist: 2 to 3 months'),
        informationDeadline: from('Cigna North Carolina: the file is closed where documents are missing for 60 days'),
        questions: from('evernorth.com: do not submit where the provider is listed'),
      },
      variants: [
        {
          kind: 'add_to_group',
          contractBases: ['group_contract'],
          sources: { contractBases: from('therassistfl.com: a group contract only from 4 to 6 clinicians on') },
        },
      ],
    },
  },
  {
    name: 'Optum Behavioral Health',
    aliases: ['Optum', 'United Behavioral Health', 'UBH'],
    electronicPayerIds: [],
    playbook: {
      channel: 'payer_portal',
      expectedDecision: { days: 120 },
      earliestInquiry: { days: 120 },
      trackOrder: 'credentialing_first',
      questions: [
        'Does the CAQH profile match the network participation request?',
        'Is United Behavioral Health authorised in CAQH?',
        'Is a W-9 on file for this TIN?',
      ],
      sources: {
        channel: from('Provider Express: network participation request with a login'),
        expectedDecision: from('Optum talking points: on average less than 120 days'),
        earliestInquiry: from('Optum talking points: status queries from day 120'),
        trackOrder: from('uhcprovider.com: credentialing, then the contract'),
        questions: from('Provider Express: commonest reasons for a cancelled request'),
      },
      variants: [
        {
          kind: 'add_to_group',
          contractBases: ['group_contract'],
          sources: { contractBases: from('therassistfl.com: a group contract only from 4 to 6 clinicians on') },
        },
      ],
    },
  },
  {
    name: 'Carelon Behavioral Health',
    aliases: ['Carelon', 'Beacon Health Options'],
    electronicPayerIds: [{ clearinghouse: 'stedi', payerId: 'BHOVO' }],
    playbook: {
      channel: 'availity',
      trackOrder: 'contracting_first',
      informationDeadline: { days: 7 },
      questions: ['Is the panel open in this state for a new agreement, or for joining a group only?'],
      sources: {
        channel: from('carelonbehavioralhealth.com: Availity is mandatory'),
        trackOrder: from('carelonbehavioralhealth.com: the contract first, then credentialing'),
        informationDeadline: from('Sokndall payer guide: 7 calendar days to correct a conflict'),
        questions: from('carelonbehavioralhealth.com: states closed to new agreements while groups may add members'),
      },
      variants: [
        {
          state: 'CA',
          lineOfBusiness: 'medicaid',
          questions: ['Is the proof of PAVE enrolment on file?'],
          sources: { questions: from('carelonbehavioralhealth.com: Medi-Cal needs PAVE proof') },
        },
      ],
    },
  },
  {
    name: 'Humana Behavioral Health',
    aliases: ['Humana'],
    electronicPayerIds: [],
    playbook: {
      channel: 'email',
      expectedDecision: { days: 180 },
      sources: {
        channel: from('Humana: request form by e-mail, and CAQH'),
        expectedDecision: from('Therassist: 5 to 6 months'),
      },
      variants: [
        {
          kind: 'add_to_group',
          contractBases: ['group_contract'],
          sources: { contractBases: from('therassistfl.com: a group contract even with one clinician') },
        },
      ],
    },
  },
  {
    name: 'Magellan Healthcare',
    aliases: ['Magellan'],
    electronicPayerIds: [],
    playbook: {
      channel: 'caqh_pull',
      recredentialEvery: { months: 36 },
      questions: ['Have all recredentialing materials arrived?'],
      sources: {
        channel: from('magellanprovider.com'),
        recredentialEvery: from('NCQA: 36 months from the last committee decision'),
        questions: from('magellanprovider.com: terminates where recredentialing materials are not sent'),
      },
    },
  },
  {
    name: 'BlueChoice HealthPlan of South Carolina',
    aliases: ['BlueChoice SC'],
    electronicPayerIds: [],
    playbook: {
      channel: 'email',
      expectedDecision: { days: 90 },
      questions: ['Is the application complete, and since when?', 'Does behavioural health go to another company?'],
      sources: {
        channel: from('bluechoicesc.com FAQ'),
        expectedDecision: from(
          'bluechoicesc.com FAQ: 90 days after it is complete; effective on approval, no backdating',
        ),
        questions: from('bluechoicesc.com FAQ: behavioural health may go to a separate company'),
      },
      variants: [
        {
          kind: 'add_to_group',
          contractBases: ['group_contract'],
          sources: { contractBases: from('therassistfl.com: BCBS plans, a group contract from 2 clinicians on') },
        },
      ],
    },
  },
  {
    name: 'Medicare (PECOS)',
    aliases: ['Medicare', 'PECOS'],
    electronicPayerIds: [],
    playbook: {
      channel: 'pecos',
      requiresCaqh: false,
      expectedDecision: { days: 65 },
      informationDeadline: { days: 30 },
      appealWindow: { days: 60 },
      followUpEvery: { businessDays: 15 },
      callerVerification: ['NPI', 'PTAN where there is one'],
      contractBases: ['government_program'],
      recredentialEvery: { months: 60 },
      questions: [
        'Is the application received, in review, or returned for corrections?',
        'Is a development letter out?',
      ],
      sources: {
        channel: from('CMS: PECOS 855I with the reassignment in it'),
        requiresCaqh: from('CMS: enrolment does not read CAQH'),
        expectedDecision: from('piehealthusa.com 2026: web 15 days, with a site visit 50, paper 30 to 65'),
        informationDeadline: from(
          'Palmetto: development letters are answered within 30 days; a rejected one loses the filing date',
        ),
        appealWindow: from('payerready.com: 60 days'),
        followUpEvery: from('Sokndall payer guide: every 3 weeks'),
        callerVerification: from('CMS MLN SE1216: the PTAN tells the contractor who calls'),
        contractBases: from('CMS: enrolment takes the place of a contract'),
        recredentialEvery: from('CMS: revalidation every 5 years'),
        questions: from('CMS program integrity manual, chapter 15: statuses'),
      },
    },
  },
  {
    name: 'Texas Medicaid (PEMS)',
    aliases: ['Texas Medicaid', 'TMHP'],
    electronicPayerIds: [],
    playbook: {
      channel: 'state_portal',
      requiresCaqh: false,
      expectedDecision: { days: 180 },
      contractBases: ['government_program'],
      recredentialEvery: { months: 60 },
      sources: {
        channel: from('TX PEMS; each managed care organisation afterwards on its own'),
        requiresCaqh: from('PEMS: the state portal asks for itself'),
        expectedDecision: from('payerready.com: 30 to 180 days and more'),
        contractBases: from('state enrolment takes the place of a contract'),
        recredentialEvery: from('superiorhealthplan.com: revalidation within 5 years, notice of 120 days'),
      },
    },
  },
  {
    name: 'TRICARE East (Humana Military)',
    aliases: ['TRICARE East', 'Humana Military'],
    electronicPayerIds: [],
    playbook: {
      channel: 'payer_portal',
      expectedDecision: { days: 120 },
      questions: ['Is the certification done, apart from credentialing and contracting?'],
      sources: {
        channel: from('Humana Military; the West is TriWest since 2025-01-01'),
        expectedDecision: from('totalmd.com: 60 to 120 days'),
        questions: from('TRICARE: certification, credentialing and contracting are three steps'),
      },
    },
  },
];
