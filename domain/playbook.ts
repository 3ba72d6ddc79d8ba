import type { CallHours, Window } from './calendar';
import type { ApplicationKind, ContractBasis, Fact, Prerequisite, SubmissionChannel } from './codes';
import type { Duration } from './duration';

export interface PayerContact {
  state?: string;
  purpose: string;
  phone?: string;
  ivrPath?: string;
  email?: string;
  portalUrl?: string;
}

/** How long things take and how often they are asked after. */
export interface Durations {
  confirmReceiptAfter: Duration;
  followUpEvery: Duration;
  contactOverdueAfter: Duration;
  escalateAfter: Duration;
  expectedDecision: Duration;
  informationDeadline: Duration;
  appealWindow: Duration;
  panelRecheck: Duration;
  contractChase: Duration;
  confirmationChase: Duration;
  recredentialEvery: Duration;
}

/** How a payer's applications are filed and chased; only what differs from the defaults. */
export interface Playbook extends Partial<Durations> {
  channel?: SubmissionChannel;
  requires?: Prerequisite[];
  requiresCaqh?: boolean;
  earliestInquiry?: Duration;
  callHours?: CallHours;
  contacts?: PayerContact[];
  callerVerification?: string[];
  maxPerCall?: number;
  questions?: string[];
  contractBases?: ContractBasis[];
  sources?: Record<string, { source: string; asOf: string }>;
}

/** A playbook with its defaults, for one kind of application. */
export interface ResolvedPlaybook extends Durations {
  channel: SubmissionChannel;
  requires: Prerequisite[];
  requiresCaqh: boolean;
  earliestInquiry: Duration | null;
  contractBases: ContractBasis[];
  window: Window;
}

export const PLAYBOOK_DEFAULTS: Durations & Pick<ResolvedPlaybook, 'channel'> = {
  channel: 'payer_portal',
  confirmReceiptAfter: { businessDays: 5 },
  followUpEvery: { businessDays: 10 },
  contactOverdueAfter: { businessDays: 2 },
  escalateAfter: { businessDays: 10 },
  expectedDecision: { days: 90 },
  informationDeadline: { days: 14 },
  appealWindow: { days: 30 },
  panelRecheck: { days: 90 },
  contractChase: { businessDays: 10 },
  confirmationChase: { businessDays: 5 },
  recredentialEvery: { months: 36 },
};

const REQUIRES: Prerequisite[] = [
  'npi',
  'caqh_id',
  'licence_in_state',
  'malpractice',
  'practice_tin',
  'practice_address',
];
const REQUIRES_OF_GROUP: Prerequisite[] = ['npi', 'practice_tin', 'practice_address'];

/** The playbook in force for a kind; without call hours, in the client's zone. */
export function resolvePlaybook(playbook: Playbook, kind: ApplicationKind, clientTimeZone: string): ResolvedPlaybook {
  const { requires, requiresCaqh = true, earliestInquiry = null, contractBases = [], callHours, ...rest } = playbook;
  const { contacts: _c, callerVerification: _v, maxPerCall: _m, questions: _q, sources: _s, ...durations } = rest;
  const group = kind === 'new_group';
  const usual = requiresCaqh ? REQUIRES : REQUIRES.filter((code) => code !== 'caqh_id');
  return {
    ...PLAYBOOK_DEFAULTS,
    ...durations,
    requires: group ? REQUIRES_OF_GROUP : (requires ?? usual),
    requiresCaqh: !group && requiresCaqh,
    earliestInquiry,
    contractBases,
    window: callHours ?? { timeZone: clientTimeZone },
  };
}

/** What a kind of application is about. */
export interface KindRule {
  /** Filed for a provider; only a new group has none. */
  provider: boolean;
  /** The facts that confirm it. */
  facts: readonly Fact[];
  opensSpan: boolean;
  endsSpan: boolean;
}

const FOUR: readonly Fact[] = ['contract', 'effectiveDate', 'payerProviderId', 'claimsRoute'];
const opening: KindRule = { provider: true, facts: FOUR, opensSpan: true, endsSpan: false };
const within: KindRule = { provider: true, facts: [], opensSpan: false, endsSpan: false };

export const KIND_RULES: Record<ApplicationKind, KindRule> = {
  new_individual: opening,
  add_to_group: opening,
  add_tin_or_location: opening,
  reinstatement: opening,
  recredentialing: within,
  change: within,
  termination: { ...within, facts: ['effectiveDate'], endsSpan: true },
  new_group: { provider: false, facts: ['contract', 'claimsRoute'], opensSpan: false, endsSpan: false },
};
