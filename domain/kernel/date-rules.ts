import { isRealDate } from '../time/dates';
import type { PlainDate } from '../time/instants';

/** How far from today a date may lie. */
export type DateRange =
  /** Any date that is taken at all, for questions. */
  | 'asked'
  /** Something that happened: not in the future, at most 75 years ago. */
  | 'happened'
  /** The same for work that is under way: at most ten years ago, as clocks start with it. */
  | 'recent'
  /** The day from or until when something holds, by a decision. */
  | 'decided'
  /** The last day of something that runs out by itself. */
  | 'expiry'
  /** The last day on which something that is made now is valid. */
  | 'use'
  /** The day by which, or on which, something is meant to be done; it may be over. */
  | 'planned'
  /** A day to act on: not over yet. */
  | 'coming'
  /** A day that a follow-up is put off to; `noted`: elsewhere, so that it may be over. */
  | 'next_look'
  | 'noted_look'
  /** The last day of a client, provider or user who leaves, or the first of one who returns. */
  | 'nearby';

/** The calendar by which a date counts; `nobody`: it is written on paper, or the same everywhere. */
export type WhoseDay = 'payer' | 'client' | 'user' | 'nobody';

/** The days on record that a date may contradict. */
export type RecordedDay =
  /** The submission of the running attempt. */
  | 'submission'
  /** The latest one of the attempts before. */
  | 'earlier_submission'
  /** The first and last day in network of the participation. */
  | 'effective_date'
  | 'last_day'
  /** The beginning of the participation that a termination ends, or the first of an agreement's. */
  | 'participation'
  | 'first_participation'
  /** The day since when the issue has been there. */
  | 'issue'
  /** The day since when the provider has been with the platform. */
  | 'platform_since'
  | 'signature';

/** The field by which a body says that a contradiction is meant, and why. */
type OverridingField = 'reason' | 'outOfOrder';

interface RecordRule {
  record: RecordedDay;
  must: 'not_be_before' | 'not_be_after';
  /** The date is taken all the same if one of these is given; left out: never. */
  unless?: readonly OverridingField[];
  /** Its name in a refusal, if it has one of its own. */
  rule?: string;
}

export interface DateRule {
  range: DateRange;
  day: WhoseDay;
  /** Fields beside it that it must not be before. */
  notBefore?: readonly string[];
  against?: readonly RecordRule[];
}

const ruleHappened = (day: WhoseDay): DateRule => ({ range: 'happened', day });
const ruleRecent = (day: WhoseDay): DateRule => ({ range: 'recent', day });
const expiry: DateRule = { range: 'expiry', day: 'nobody' };

/** Makes the rule for work on an application: it cannot be from before the submission, or it says how that is. */
const ruleSinceSubmission = (...unless: OverridingField[]): DateRule => ({
  range: 'recent',
  day: 'payer',
  against: [{ record: 'submission', must: 'not_be_before', unless }],
});

/**
 * Every date that a caller may give, by the name of what it stands in and its own: how far from today it may lie, by whose
 * calendar it counts, and what it must not contradict. A date of a request is made from its row, so one without a row is none.
 */
export const DATE_RULES = {
  'Submission.submittedOn': {
    ...ruleRecent('payer'),
    against: [{ record: 'earlier_submission', must: 'not_be_before', unless: ['outOfOrder'] }],
  },
  'Contact.promisedOn': { range: 'coming', day: 'payer' },
  'Contact.nextFollowUpOn': { range: 'next_look', day: 'payer' },
  'Contact.completeOn': ruleSinceSubmission('outOfOrder'),
  'Information.providedOn': ruleSinceSubmission('outOfOrder'),
  'Contract.on': ruleRecent('payer'),
  'Contract.renewsOn': { range: 'planned', day: 'nobody', notBefore: ['on'] },
  'Confirmation.confirmedOn': { ...ruleSinceSubmission('outOfOrder', 'reason'), range: 'happened' },
  'EffectiveDate.value': {
    range: 'decided',
    day: 'nobody',
    against: [
      { record: 'last_day', must: 'not_be_after' },
      { record: 'participation', must: 'not_be_before' },
    ],
  },
  'Appeal.filedOn': ruleSinceSubmission(),
  'Pause.until': { range: 'coming', day: 'payer' },
  'Waiver.until': { range: 'coming', day: 'client' },
  'ParticipationEnd.on': {
    range: 'decided',
    day: 'client',
    against: [{ record: 'effective_date', must: 'not_be_before' }],
  },
  'AgreementEnd.on': {
    range: 'decided',
    day: 'client',
    against: [{ record: 'first_participation', must: 'not_be_before' }],
  },
  'AgreementEnd.replaces': { range: 'asked', day: 'nobody' },
  'Sighting.seenOn': ruleRecent('client'),
  'Issue.since': ruleRecent('client'),
  'IssueResolution.resolvedOn': {
    ...ruleRecent('client'),
    against: [{ record: 'issue', must: 'not_be_before' }],
  },
  'CommitteeDate.on': ruleHappened('payer'),
  'PayersRecredentialing.startedOn': ruleRecent('payer'),
  'PayersRecredentialing.dueOn': { range: 'planned', day: 'payer', notBefore: ['startedOn'] },
  'ApplicationInput.neededBy': { range: 'coming', day: 'client' },
  'ApplicationPatch.neededBy': { range: 'coming', day: 'client' },
  'ChosenApplications.neededBy': { range: 'coming', day: 'client' },
  'AdoptedFact.confirmedOn': { ...ruleSinceSubmission('reason'), range: 'happened' },
  'Adoption.submittedOn': ruleHappened('payer'),
  'Adoption.stageSince': { ...ruleHappened('client'), notBefore: ['submittedOn'] },
  'Adoption.lastContactOn': ruleHappened('payer'),
  'Adoption.nextFollowUpOn': { range: 'noted_look', day: 'payer', notBefore: ['lastContactOn', 'submittedOn'] },
  'Snooze.until': { range: 'planned', day: 'client' },
  'ProviderContactInput.on': ruleRecent('client'),
  'ClientRequestInput.receivedOn': ruleRecent('client'),
  'ClientRequestInput.dueOn': { range: 'planned', day: 'client', notBefore: ['receivedOn'] },
  'Readiness.dateOfService': { range: 'asked', day: 'nobody' },
  'ReadinessAnswers.from': { range: 'asked', day: 'nobody' },
  'ReadinessAnswers.until': { range: 'asked', day: 'nobody', notBefore: ['from'] },
  'AuditSampleInput.from': { range: 'asked', day: 'nobody' },
  'AuditSampleInput.to': { range: 'asked', day: 'nobody', notBefore: ['from'] },
  'AuditEntries.from': { range: 'asked', day: 'nobody' },
  'AuditEntries.until': { range: 'asked', day: 'nobody', notBefore: ['from'] },
  'DocumentInput.expiresOn': expiry,
  'EnrolmentInput.on': ruleHappened('client'),
  'EnrolmentInput.expectedOn': { range: 'planned', day: 'client', notBefore: ['on'] },
  'Closure.from': { range: 'planned', day: 'payer' },
  'Closure.to': { range: 'planned', day: 'payer', notBefore: ['from'] },
  'PlaybookSource.asOf': { range: 'decided', day: 'nobody' },
  'PanelInput.asOf': ruleHappened('nobody'),
  'CoverInput.fromOn': { range: 'planned', day: 'user' },
  'CoverInput.untilOn': { range: 'expiry', day: 'user', notBefore: ['fromOn'] },
  'PortalAccessInput.on': ruleHappened('client'),
  'ApiKeyInput.expiresOn': { range: 'use', day: 'nobody' },
  'Licence.issuedOn': ruleHappened('nobody'),
  'Licence.startsOn': { range: 'decided', day: 'nobody', notBefore: ['issuedOn'] },
  'Licence.expiresOn': { ...expiry, notBefore: ['startsOn', 'issuedOn'] },
  'Malpractice.startsOn': { range: 'decided', day: 'nobody' },
  'Malpractice.expiresOn': { ...expiry, notBefore: ['startsOn'] },
  'Dea.issuedOn': ruleHappened('nobody'),
  'Dea.startsOn': { range: 'decided', day: 'nobody', notBefore: ['issuedOn'] },
  'Dea.expiresOn': { ...expiry, notBefore: ['startsOn', 'issuedOn'] },
  'FormerName.until': ruleHappened('nobody'),
  'AttestationInput.attestedOn': ruleHappened('client'),
  'AccessWithdrawalInput.withdrawnOn': ruleHappened('client'),
  'AuthorisationInput.signedOn': ruleHappened('client'),
  'AuthorisationInput.until': { range: 'expiry', day: 'client', notBefore: ['signedOn'] },
  'Revocation.on': {
    range: 'decided',
    day: 'client',
    against: [{ record: 'signature', must: 'not_be_before' }],
  },
  'FileChange.changedOn': ruleHappened('client'),
  'SnapshotInput.takenOn': ruleHappened('nobody'),
  'PlatformRelationshipInput.since': ruleHappened('client'),
  'PlatformRelationshipPatch.since': {
    ...ruleHappened('client'),
    against: [{ record: 'last_day', must: 'not_be_after', rule: 'not_after_end' }],
  },
  'PlatformRelationshipPatch.changedOn': {
    range: 'decided',
    day: 'client',
    notBefore: ['since'],
    against: [{ record: 'platform_since', must: 'not_be_before' }],
  },
  'PlatformRelationshipEnd.on': {
    range: 'decided',
    day: 'client',
    against: [{ record: 'platform_since', must: 'not_be_before' }],
  },
  'PlatformRelationshipEnd.replaces': { range: 'asked', day: 'nobody' },
  'PlatformAnswer.answeredOn': ruleHappened('client'),
  'TermsChange.on': ruleHappened('client'),
  'PlatformKnowledge.asOf': ruleHappened('nobody'),
  'ChecklistInput.due': { range: 'planned', day: 'client' },
  'ChecklistInput.doneOn': ruleHappened('client'),
  'Consequences.leaveOn': {
    range: 'planned',
    day: 'client',
    against: [{ record: 'platform_since', must: 'not_be_before' }],
  },
  'EndingInput.on': { range: 'nearby', day: 'client' },
  'ReturnInput.on': { range: 'nearby', day: 'client' },
  'ExclusionCheckInput.checkedOn': ruleHappened('nobody'),
  'ExclusionCheckInput.excludedOn': { range: 'decided', day: 'nobody' },
  'ExclusionDecision.excludedOn': { range: 'decided', day: 'nobody' },
  'ExclusionDecision.reinstatedOn': { range: 'expiry', day: 'nobody', notBefore: ['excludedOn'] },
} as const satisfies Record<string, DateRule>;

export type GivenDate = keyof typeof DATE_RULES;

/** The part of the table that a date stands in. */
type PartsOf<D> = D extends `${infer Part}.${string}` ? Part : never;
export type DatedPart = PartsOf<GivenDate>;

/** Lists the rules of one part, by field. */
export const listRulesOf = (part: DatedPart): [field: string, rule: DateRule][] =>
  Object.entries(DATE_RULES).flatMap(([name, rule]) => {
    const [of, field] = name.split('.') as [string, string];
    return of === part ? [[field, rule] as [string, DateRule]] : [];
  });

/** A date that contradicts what is on record: the field, and in words what it contradicts and how it is put right. */
export interface Contradiction {
  path: string;
  rule: string;
  message: string;
}

/** The words for what is on record, and how a date that contradicts it can be right. */
const IN_WORDS: Record<RecordedDay, { what: string; otherwise: string }> = {
  submission: {
    what: 'the submission',
    otherwise: 'put the submission right by a correction if that is what is wrong',
  },
  earlier_submission: {
    what: 'the submission of an earlier attempt',
    otherwise: 'put that submission right by a correction if that is what is wrong',
  },
  effective_date: {
    what: 'the effective date',
    otherwise:
      'confirm the right effective date with a `reason` first if that is what is wrong, or strike out its confirmation by a correction if it never began',
  },
  last_day: { what: 'the last day', otherwise: 'put the last day right first if that is what is wrong' },
  participation: {
    what: 'the effective date of the participation that a termination ends',
    otherwise: 'confirm the right effective date on the participation with a `reason` first if that is what is wrong',
  },
  first_participation: {
    what: 'the earliest effective date of the participations under the agreement',
    otherwise: 'confirm the right effective date on the participation with a `reason` first if that is what is wrong',
  },
  issue: {
    what: 'the day since which the issue has been there',
    otherwise: 'strike out the issue by a correction if that is what is wrong',
  },
  platform_since: { what: '`since`', otherwise: 'change `since` first if that is what is wrong' },
  signature: { what: '`signedOn`', otherwise: 'record the authorisation anew if that is what is wrong' },
};

const HOW: Record<OverridingField, string> = {
  reason: 'a `reason`',
  outOfOrder: '`outOfOrder: {"reason": "…"}`',
};

/** Describes a rule against the record, in words. */
export const describeAgainst = ({ record, must, unless = [] }: RecordRule): string =>
  `must not be ${must === 'not_be_before' ? 'before' : 'after'} ${IN_WORDS[record].what}` +
  (unless.length > 0 ? ` unless sent with ${unless.map((how) => HOW[how]).join(' or ')}` : '');

/** Lists the dates of a body, of which other fields may be bad, that contradict what is on record and are not said to be meant. */
export function listContradictions(
  part: DatedPart,
  given: Readonly<Record<string, unknown>>,
  onRecord: Partial<Record<RecordedDay, PlainDate | null>>,
): Contradiction[] {
  return listRulesOf(part).flatMap(([path, { against = [] }]) => {
    const value = given[path];
    if (typeof value !== 'string' || !isRealDate(value)) return [];
    return against.flatMap(({ record, must, unless = [], rule }): Contradiction[] => {
      const on = onRecord[record];
      if (!on || unless.some((how) => given[how] !== undefined)) return [];
      const isBefore = must === 'not_be_before';
      if (isBefore ? value >= on : value <= on) return [];
      const { what, otherwise } = IN_WORDS[record];
      const reason =
        unless.length > 0 ? `send it again with ${unless.map((how) => HOW[how]).join(' or ')} if it is right, or ` : '';
      return [
        {
          path,
          rule: rule ?? (isBefore ? 'before_record' : 'after_record'),
          message: `is ${isBefore ? 'before' : 'after'} ${what}, ${on}: ${reason}${otherwise}`,
        },
      ];
    });
  });
}
