import type { ApplicationKey } from '../applications/events';
import type { PlainDate } from '../time/instants';
import { addDays, pickLaterDay } from '../time/dates';
import type { FactValue } from '../kernel/facts';

/** The terms of an ending: `on` is the last day. */
export interface EndingTerms {
  on: PlainDate;
  /**
   * The fate of open applications and of the provider's own participations: given up, or taken along with their
   * evidence.
   */
  applications: 'withdraw' | 'hand_over';
  /** Whether payers are asked to take the provider off. */
  terminate: boolean;
}

/** The actions of an ending on one application, agreement or relationship; `keep`: it stays as it is, and the item says why. */
export const LEAVING_ACTIONS = [
  'withdraw',
  'hand_over',
  'end_participation',
  'terminate',
  'end_agreement',
  'stop_asking',
  /** Earlier versions planned this instead of `stop_asking`; it is done as that. */
  'end_platform',
  'keep',
] as const;
export type LeavingAction = (typeof LEAVING_ACTIONS)[number];

export const LEAVING_CAUSES = [
  'open',
  'group_participation',
  'individual_participation',
  'termination_under_way',
  'nothing_rests_on_it',
  'platform_relationship',
] as const;
export type LeavingCause = (typeof LEAVING_CAUSES)[number];

export interface LeavingItem {
  action: LeavingAction;
  /** An application, an agreement or a platform relationship. */
  subjectId: string;
  because: LeavingCause;
  /** At once, or once the last day has passed. */
  when: 'now' | 'after';
  /**
   * Only for a termination: the contract's notice if it is known, by when it has to be out, and the last day it can
   * come to.
   */
  noticeDays?: number;
  noticeBy?: PlainDate;
  lastDay?: PlainDate;
}

/** An application that is open, or whose participation goes on. */
export interface LeavingApplication {
  id: string;
  key: ApplicationKey;
  open: boolean;
  /** The contract that it rests on, as confirmed. */
  contract: FactValue | null;
  /** Whether a termination of the same scope is open. */
  terminating: boolean;
  noticeDays: number | null;
}

export interface LeavingAgreement {
  id: string;
  practiceId: string;
  payerId: string;
  state: string;
  lineOfBusiness: string;
}

/** Everything under way of the leaving provider or client; agreements only if the whole client leaves. */
export interface Leaver {
  applications: readonly LeavingApplication[];
  agreements: readonly LeavingAgreement[];
  platformRelationships: readonly { id: string }[];
}

/**
 * Lists what an ending consists of. A participation by the group's contract ends with the provider's place in the
 * group; one by a contract of the provider's own goes on until the payer ends it, or it is handed over. An agreement
 * ends if nothing that goes on rests on it. A relationship with a platform is the provider's own: it goes on, and is
 * chased no more.
 */
export function listLeavingItems(terms: EndingTerms, of: Leaver, today: PlainDate): LeavingItem[] {
  const ofApplications = of.applications.flatMap((one) => listApplicationItems(one, terms, today));
  const going = of.applications.filter(({ id }) =>
    ofApplications.some(({ subjectId, because, action }) => subjectId === id && isContinuing(because, action)),
  );
  const agreements = of.agreements.filter(
    (held) => !going.some(({ key }) => AGREEMENT_KEY.every((n) => key[n] === held[n])),
  );
  return [
    ...ofApplications,
    ...agreements.map(({ id }): LeavingItem => ({
      action: 'end_agreement',
      subjectId: id,
      because: 'nothing_rests_on_it',
      when: 'now',
    })),
    ...of.platformRelationships.map(({ id }): LeavingItem => ({
      action: 'stop_asking',
      subjectId: id,
      because: 'platform_relationship',
      when: 'after',
    })),
  ];
}

const AGREEMENT_KEY = ['practiceId', 'payerId', 'state', 'lineOfBusiness'] as const;

/** Whether an item leaves a participation that rests on a contract. */
const isContinuing = (because: LeavingCause, action: LeavingAction): boolean =>
  because === 'termination_under_way' || (because === 'individual_participation' && action !== 'hand_over');

function listApplicationItems(
  one: LeavingApplication,
  { on, applications, terminate }: EndingTerms,
  today: PlainDate,
): LeavingItem[] {
  const { id: subjectId, key, open, terminating } = one;
  if (open)
    return key.kind === 'termination'
      ? [{ action: 'keep', subjectId, because: 'termination_under_way', when: 'now' }]
      : [{ action: applications, subjectId, because: 'open', when: 'after' }];
  const group = isOfGroup(one);
  const because = group ? 'group_participation' : 'individual_participation';
  const ended: LeavingItem[] = group ? [{ action: 'end_participation', subjectId, because, when: 'now' }] : [];
  if (terminating) return [...ended, { action: 'keep', subjectId, because: 'termination_under_way', when: 'now' }];
  if (terminate)
    return [...ended, { action: 'terminate', subjectId, because, when: 'now', ...describeNotice(on, one, today) }];
  if (group) return ended;
  return applications === 'hand_over'
    ? [{ action: 'hand_over', subjectId, because, when: 'after' }]
    : [{ action: 'keep', subjectId, because, when: 'now' }];
}

/** Whether a participation stands on the group's contract, not on one of the provider's own. */
function isOfGroup({ key, contract }: LeavingApplication): boolean {
  if (key.kind === 'add_to_group') return true;
  if (contract === null || typeof contract === 'string') return false;
  return 'inheritedFrom' in contract || ('basis' in contract && contract.basis === 'group_contract');
}

function describeNotice(on: PlainDate, { noticeDays }: LeavingApplication, today: PlainDate) {
  if (noticeDays === null) return { noticeBy: pickLaterDay(on, today), lastDay: pickLaterDay(on, today) };
  return {
    noticeDays,
    noticeBy: pickLaterDay(addDays(on, -noticeDays), today),
    lastDay: pickLaterDay(on, addDays(today, noticeDays)),
  };
}
