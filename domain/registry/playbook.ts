import type { PlainDate } from '../time/instants';
import type { Rules } from './application-rules';
import type { CallHours, Closure, Window } from '../time/calendar';
import {
  FACTS,
  CHANGE_FIELDS,
  type ApplicationKind,
  type ChangeField,
  type ChangeHandling,
  type ContractBasis,
  type Fact,
  type LineOfBusiness,
  type Prerequisite,
  type SubmissionChannel,
  type TrackOrder,
} from '../kernel/codes';
import type { Duration } from '../time/duration';

/** The ways to reach a payer for a purpose. */
interface PayerContact {
  state?: string;
  purpose: string;
  phone?: string;
  ivrPath?: string;
  email?: string;
  portalUrl?: string;
}

/** The way in which a payer takes a change of each field. */
interface Changes extends Record<ChangeField, ChangeHandling> {
  /** One application for a practice's change, by the first of its providers, instead of one for each. */
  perPractice?: boolean;
}

/** How a payer's applications are filed and chased; a payer's playbook names only what differs from the defaults. */
export interface Playbook {
  channel?: SubmissionChannel;
  requires?: Prerequisite[];
  requiresCaqh?: boolean;
  /** The most days that a CAQH attestation may be old for the payer; left out, what CAQH takes for current will do. */
  attestationMaxDays?: number;
  confirmReceiptAfter?: Duration;
  followUpEvery?: Duration;
  earliestInquiry?: Duration;
  /**
   * How late work may be before it is overdue; also the pause before a payer that has no record of the application is
   * asked again. The contract has this name, though it covers every kind of work.
   */
  contactOverdueAfter?: Duration;
  escalateAfter?: Duration;
  expectedDecision?: Duration;
  informationDeadline?: Duration;
  appealWindow?: Duration;
  panelRecheck?: Duration;
  contractChase?: Duration;
  confirmationChase?: Duration;
  recredentialEvery?: Duration;
  /** How long before a recredentialing is due its application is opened. */
  recredentialOpens?: Duration;
  /**
   * How long after the later of confirmation and effective date the payer is asked whether it has loaded the provider.
   */
  loadingCheck?: Duration;
  directoryEvery?: Duration;
  /** The way in which the payer takes a change of each field; left out, by an application. */
  changes?: Partial<Changes>;
  callHours?: CallHours;
  contacts?: PayerContact[];
  callerVerification?: string[];
  maxPerCall?: number;
  questions?: string[];
  /** Whether mail to the payer names the practice's EIN; an SSN is never named. */
  tinByMail?: boolean;
  contractBases?: ContractBasis[];
  trackOrder?: TrackOrder;
  /** Days on which the payer works no more than on a weekend. */
  closures?: Closure[];
  /** The sources by the name of what they are for: where each was read, and as of when. */
  sources?: Record<string, { source: string; asOf: PlainDate }>;
  /** The differences for a state, kind or line: among those that apply, the most specific wins field by field. */
  variants?: Variant[];
}

/** The scope of a variant; at least one of them is named. */
export interface VariantScope {
  state?: string;
  kind?: ApplicationKind;
  lineOfBusiness?: LineOfBusiness;
}

type Variant = VariantScope & Omit<Playbook, 'variants'>;

export const PLAYBOOK_DEFAULTS = {
  channel: 'payer_portal',
  requires: ['npi', 'caqh_id', 'licence_in_state', 'malpractice', 'practice_tin', 'practice_address'],
  requiresCaqh: true,
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
  recredentialOpens: { days: 180 },
  loadingCheck: { businessDays: 30 },
  directoryEvery: { days: 90 },
  tinByMail: false,
} as const satisfies Playbook;

/** Programs with a cycle of their own, if a payer's playbook names none. */
const RECREDENTIALING_BY_LINE: Partial<
  Record<LineOfBusiness, { recredentialEvery: Duration; source: string; asOf: PlainDate }>
> = {
  medicare: {
    recredentialEvery: { months: 60 },
    source: '42 CFR 424.515: revalidation every 5 years',
    asOf: '2026-11-23',
  },
  medicaid: {
    recredentialEvery: { months: 60 },
    source: '42 CFR 455.414: revalidation every 5 years',
    asOf: '2026-11-23',
  },
};

const CHANGES_BY_APPLICATION = Object.fromEntries(CHANGE_FIELDS.map((field) => [field, 'application'])) as Record<
  ChangeField,
  ChangeHandling
>;

/** A playbook as one application lives by it: nothing left out, plain JSON. */
export interface ResolvedPlaybook extends Required<
  Omit<
    Playbook,
    'callHours' | 'earliestInquiry' | 'maxPerCall' | 'trackOrder' | 'variants' | 'closures' | 'attestationMaxDays'
  >
> {
  attestationMaxDays: number | null;
  earliestInquiry: Duration | null;
  changes: Changes;
  maxPerCall: number | null;
  /** Null if nothing says so: they may come in either order. */
  trackOrder: TrackOrder | null;
  /** The call hours, or the client's zone if there are none. */
  window: Window;
}

interface KindRules {
  /** The facts that `confirmed` needs on file. */
  facts: readonly Fact[];
  opensSpan: boolean;
  endsSpan: boolean;
  /** Whether it is for one provider, or for the practice alone. */
  provider: boolean;
}

const JOINING: KindRules = { facts: FACTS, opensSpan: true, endsSpan: false, provider: true };
/** Rules of a kind whose participation goes on: its facts are on file, the payer's yes is all that is awaited. */
const CONTINUING: KindRules = { facts: [], opensSpan: false, endsSpan: false, provider: true };

/** The needs and results of each kind of application. */
export const KIND_RULES: Record<ApplicationKind, KindRules> = {
  new_individual: JOINING,
  new_group: { facts: ['contract', 'claimsRoute'], opensSpan: false, endsSpan: false, provider: false },
  add_to_group: JOINING,
  add_tin_or_location: JOINING,
  change: CONTINUING,
  recredentialing: CONTINUING,
  reinstatement: JOINING,
  termination: { facts: ['effectiveDate'], opensSpan: false, endsSpan: true, provider: true },
};

/** The prerequisites that apply to a practice if no provider is concerned. */
const OF_A_PRACTICE: readonly Prerequisite[] = ['npi', 'practice_tin', 'practice_address'];

/** The prerequisites that providers keep up by themselves. */
export const UPKEEP_PREREQUISITES: readonly Prerequisite[] = ['caqh_id', 'licence_in_state', 'malpractice'];

/** Ranks a variant by how many fields it names, then a state before a kind before a line. */
const rankSpecificity = ({ state, kind, lineOfBusiness }: VariantScope): number =>
  [state, kind, lineOfBusiness].filter(Boolean).length * 8 +
  (state ? 4 : 0) +
  (kind ? 2 : 0) +
  (lineOfBusiness ? 1 : 0);

/** Applies the variants of a payer's playbook for an application, the most specific last, over its own fields. */
function applyVariants({ variants = [], ...own }: Playbook, scope: Required<VariantScope>): Omit<Playbook, 'variants'> {
  const names = ['state', 'kind', 'lineOfBusiness'] as const;
  return variants
    .filter((variant) => names.every((name) => variant[name] === undefined || variant[name] === scope[name]))
    .sort((a, b) => rankSpecificity(a) - rankSpecificity(b))
    .reduce<Omit<Playbook, 'variants'>>((playbook, variant) => {
      const { state: _, kind: _kind, lineOfBusiness: _line, ...overrides } = variant;
      return { ...playbook, ...overrides };
    }, own);
}

/** Resolves a playbook with its defaults, for an application and a client's zone. */
export function resolvePlaybook(
  playbook: Playbook,
  scope: Required<VariantScope>,
  clientTimeZone: string,
): ResolvedPlaybook {
  const { kind, lineOfBusiness } = scope;
  const ofLine = RECREDENTIALING_BY_LINE[lineOfBusiness];
  const { callHours, closures, ...own } = applyVariants(playbook, scope);
  // a provider who leaves a payer need not keep a file up: only what it demands of a termination by name counts
  const ends = KIND_RULES[kind].endsSpan;
  const variants = playbook.variants?.filter((variant) => variant.kind === kind) ?? [];
  const demanded = ends ? applyVariants({ variants }, scope) : own;
  const requiresCaqh =
    KIND_RULES[kind].provider && (demanded.requiresCaqh ?? (!ends && PLAYBOOK_DEFAULTS.requiresCaqh));
  const usual = PLAYBOOK_DEFAULTS.requires.filter((code) =>
    ends ? !UPKEEP_PREREQUISITES.includes(code) : requiresCaqh || code !== 'caqh_id',
  );
  return {
    ...PLAYBOOK_DEFAULTS,
    attestationMaxDays: null,
    earliestInquiry: null,
    contacts: [],
    callerVerification: [],
    maxPerCall: null,
    questions: [],
    contractBases: [],
    trackOrder: null,
    sources: {},
    ...(ofLine && { recredentialEvery: ofLine.recredentialEvery }),
    ...own,
    changes: { ...CHANGES_BY_APPLICATION, ...own.changes },
    requires: KIND_RULES[kind].provider
      ? (demanded.requires ?? usual)
      : OF_A_PRACTICE.filter((code) => !own.requires || own.requires.includes(code)),
    requiresCaqh,
    window: { ...(callHours ?? { timeZone: clientTimeZone }), ...(closures && { closures }) },
  };
}

/** A playbook as it works for a scope: nothing left out, and which fields it does not leave to the defaults. */
export interface EffectivePlaybook extends Omit<ResolvedPlaybook, 'window'> {
  /** Null: at nine, in the client's time zone. */
  callHours: CallHours | null;
  closures: Closure[];
  overrides: (keyof Playbook)[];
}

export function describePlaybook(playbook: Playbook, scope: Required<VariantScope>): EffectivePlaybook {
  const own = applyVariants(playbook, scope);
  const { window: _, ...resolved } = resolvePlaybook(playbook, scope, 'UTC');
  const { callHours = null, closures = [] } = own;
  return { ...resolved, callHours, closures, overrides: (Object.keys(own) as (keyof Playbook)[]).sort() };
}

/** Derives what a kind and the playbook that it is pinned to demand of an application. */
export function deriveRules(
  kind: ApplicationKind,
  { requiresCaqh, trackOrder, attestationMaxDays }: ResolvedPlaybook,
): Rules {
  const { facts, opensSpan, endsSpan } = KIND_RULES[kind];
  return {
    requiresCaqh,
    facts: [...facts],
    opensSpan,
    endsSpan,
    ...(trackOrder && { trackOrder }),
    ...(requiresCaqh && attestationMaxDays && { attestationMaxDays }),
  };
}

/** Finds how many applications like this one a payer takes in one call; null if nothing says so. */
export const findMostPerCall = (playbook: Playbook, scope: Required<VariantScope>): number | null =>
  applyVariants(playbook, scope).maxPerCall ?? null;

/**
 * Finds the first application, in the order of one call, for which the call has no room, with how many like it the
 * payer takes.
 */
export function findBeyondCall(
  playbook: Playbook,
  scopes: readonly Required<VariantScope>[],
): { place: number; most: number } | null {
  for (const [place, scope] of scopes.entries()) {
    const most = findMostPerCall(playbook, scope);
    if (most !== null && place >= most) return { place, most };
  }
  return null;
}
