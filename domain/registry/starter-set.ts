import type { Playbook } from './playbook';

/** A payer to begin with; its playbook is guidance as it was read, to be replaced by what the operator learns. */
export interface StarterPayer {
  name: string;
  aliases: string[];
  electronicPayerIds: { clearinghouse: string; payerId: string }[];
  playbook: Playbook;
}

const AS_OF = '2026-11-23';
const citeGuidance = (source: string) => ({ source: `guidance: ${source}`, asOf: AS_OF });

/**
 * Payers of behavioural health practices, each fact with its source. The defaults hold for everything that no source
 * says: none says how many files a representative takes in a call.
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
        channel: citeGuidance('aetna.com, join the network: web request form, then e-signature, then CAQH'),
        expectedDecision: citeGuidance('aetna.com: credentialing 45 to 180 days'),
        followUpEvery: citeGuidance('GetPaneled: every one to two weeks'),
        trackOrder: citeGuidance('aetna.com: the contract first, then credentialing; both are needed'),
        loadingCheck: citeGuidance(
          'rushcredentialing.com: loaded some 30 business days after the welcome letter, without notice',
        ),
        questions: citeGuidance('GetPaneled follow-up script; contract mail lands in spam'),
      },
      variants: [
        {
          kind: 'add_to_group',
          contractBases: ['group_contract'],
          sources: {
            contractBases: citeGuidance(
              'therassistfl.com: a group contract from 2 clinicians on; it belongs to the business',
            ),
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
        channel: citeGuidance('evernorth.com: provider information form and CAQH'),
        expectedDecision: citeGuidance('Therassist: 2 to 3 months'),
        informationDeadline: citeGuidance(
          'Cigna North Carolina: the file is closed where documents are missing for 60 days',
        ),
        questions: citeGuidance('evernorth.com: do not submit where the provider is listed'),
      },
      variants: [
        {
          kind: 'add_to_group',
          contractBases: ['group_contract'],
          sources: { contractBases: citeGuidance('therassistfl.com: a group contract only from 4 to 6 clinicians on') },
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
        channel: citeGuidance('Provider Express: network participation request with a login'),
        expectedDecision: citeGuidance('Optum talking points: on average less than 120 days'),
        earliestInquiry: citeGuidance('Optum talking points: status queries from day 120'),
        trackOrder: citeGuidance('uhcprovider.com: credentialing, then the contract'),
        questions: citeGuidance('Provider Express: commonest reasons for a cancelled request'),
      },
      variants: [
        {
          kind: 'add_to_group',
          contractBases: ['group_contract'],
          sources: { contractBases: citeGuidance('therassistfl.com: a group contract only from 4 to 6 clinicians on') },
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
        channel: citeGuidance('carelonbehavioralhealth.com: Availity is mandatory'),
        trackOrder: citeGuidance('carelonbehavioralhealth.com: the contract first, then credentialing'),
        informationDeadline: citeGuidance('Sokndall payer guide: 7 calendar days to correct a conflict'),
        questions: citeGuidance(
          'carelonbehavioralhealth.com: states closed to new agreements while groups may add members',
        ),
      },
      variants: [
        {
          state: 'CA',
          lineOfBusiness: 'medicaid',
          questions: ['Is the proof of PAVE enrolment on file?'],
          sources: { questions: citeGuidance('carelonbehavioralhealth.com: Medi-Cal needs PAVE proof') },
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
        channel: citeGuidance('Humana: request form by e-mail, and CAQH'),
        expectedDecision: citeGuidance('Therassist: 5 to 6 months'),
      },
      variants: [
        {
          kind: 'add_to_group',
          contractBases: ['group_contract'],
          sources: { contractBases: citeGuidance('therassistfl.com: a group contract even with one clinician') },
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
        channel: citeGuidance('magellanprovider.com'),
        recredentialEvery: citeGuidance('NCQA: 36 months from the last committee decision'),
        questions: citeGuidance('magellanprovider.com: terminates where recredentialing materials are not sent'),
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
        channel: citeGuidance('bluechoicesc.com FAQ'),
        expectedDecision: citeGuidance(
          'bluechoicesc.com FAQ: 90 days after it is complete; effective on approval, no backdating',
        ),
        questions: citeGuidance('bluechoicesc.com FAQ: behavioural health may go to a separate company'),
      },
      variants: [
        {
          kind: 'add_to_group',
          contractBases: ['group_contract'],
          sources: {
            contractBases: citeGuidance('therassistfl.com: BCBS plans, a group contract from 2 clinicians on'),
          },
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
        channel: citeGuidance('CMS: PECOS 855I with the reassignment in it'),
        requiresCaqh: citeGuidance('CMS: enrolment does not read CAQH'),
        expectedDecision: citeGuidance('piehealthusa.com 2026: web 15 days, with a site visit 50, paper 30 to 65'),
        informationDeadline: citeGuidance(
          'Palmetto: development letters are answered within 30 days; a rejected one loses the filing date',
        ),
        appealWindow: citeGuidance('payerready.com: 60 days'),
        followUpEvery: citeGuidance('Sokndall payer guide: every 3 weeks'),
        callerVerification: citeGuidance('CMS MLN SE1216: the PTAN tells the contractor who calls'),
        contractBases: citeGuidance('CMS: enrolment takes the place of a contract'),
        recredentialEvery: citeGuidance('CMS: revalidation every 5 years'),
        questions: citeGuidance('CMS program integrity manual, chapter 15: statuses'),
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
        channel: citeGuidance('TX PEMS; each managed care organisation afterwards on its own'),
        requiresCaqh: citeGuidance('PEMS: the state portal asks for itself'),
        expectedDecision: citeGuidance('payerready.com: 30 to 180 days and more'),
        contractBases: citeGuidance('state enrolment takes the place of a contract'),
        recredentialEvery: citeGuidance('superiorhealthplan.com: revalidation within 5 years, notice of 120 days'),
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
        channel: citeGuidance('Humana Military; the West is TriWest since 2025-01-01'),
        expectedDecision: citeGuidance('totalmd.com: 60 to 120 days'),
        questions: citeGuidance('TRICARE: certification, credentialing and contracting are three steps'),
      },
    },
  },
];
