import type { ActionWithBody } from '../../../domain/applications/bodies';
import { listContradictoryDates } from '../../../domain/applications/dates-on-record';
import { DATE_RULES, type DateRule } from '../../../domain/kernel/date-rules';
import { FACTS } from '../../../domain/kernel/codes';
import { addDays } from '../../../domain/time/dates';
import { Paper, TODAY0, FACT_VALUES } from './paper';

const SUBMITTED = '2026-12-10';
const submitted = () => new Paper().submit({ submittedOn: SUBMITTED });
const confirmed = () => FACTS.reduce((paper, fact) => paper.confirm(fact), submitted().contact('approved'));
const found = ({ state }: Paper, action: string, body: object) =>
  listContradictoryDates(state, { action, body } as ActionWithBody).map(({ path, rule }) => `${path} ${rule}`);
const fact = (name: (typeof FACTS)[number], more: object = {}) => ({
  fact: name,
  value: FACT_VALUES[name],
  source: 'letter',
  reference: 'L1',
  confirmedOn: TODAY0,
  ...more,
});

describe('a date from before the submission is refused', () => {
  const BEFORE = addDays(SUBMITTED, -1);
  test.each<[string, object, string]>([
    ['confirmations', fact('effectiveDate', { confirmedOn: BEFORE }), 'confirmedOn'],
    ['confirmations', fact('contract', { confirmedOn: BEFORE }), 'confirmedOn'],
    ['contacts', { outcome: 'received', channel: 'portal', completeOn: BEFORE }, 'completeOn'],
    ['information', { providedOn: BEFORE, items: ['W-9'] }, 'providedOn'],
    ['appeal', { filedOn: BEFORE, channel: 'mail', reason: 'x' }, 'filedOn'],
  ])('of %s', (action, body, path) => {
    expect(found(submitted(), action, body)).toEqual([`${path} before_record`]);
    expect(found(submitted(), action, { ...body, [path]: SUBMITTED })).toEqual([]);
    // without a submission, nothing is known to be later
    expect(found(new Paper(), action, body)).toEqual([]);
  });

  test('unless it says how that is; an appeal never is', () => {
    const outOfOrder = { reason: 'the payer had it from the platform' };
    expect(found(submitted(), 'confirmations', fact('contract', { confirmedOn: BEFORE, outOfOrder }))).toEqual([]);
    expect(found(submitted(), 'confirmations', fact('contract', { confirmedOn: BEFORE, reason: 'x' }))).toEqual([]);
    expect(found(submitted(), 'contacts', { completeOn: BEFORE, outOfOrder })).toEqual([]);
    expect(found(submitted(), 'contacts', { completeOn: BEFORE, reason: 'x' })).toHaveLength(1);
    expect(found(submitted(), 'appeal', { filedOn: BEFORE, reason: 'x' })).toHaveLength(1);
  });

  test('and what the practice held before, or needs not, may be older', () => {
    for (const value of [{ inheritedFrom: 'agreement' }, { none: true, basis: 'existing_agreement', saidBy: 'Kim' }])
      expect(found(submitted(), 'confirmations', fact('contract', { value, confirmedOn: BEFORE }))).toEqual([]);
  });

  test('by a sentence that names both ways to put it right', () => {
    const [{ message } = { message: '' }] = listContradictoryDates(submitted().state, {
      action: 'contacts',
      body: { outcome: 'received', channel: 'portal', completeOn: BEFORE },
    });
    expect(message).toBe(
      'is before the submission, 2026-12-10: send it again with `outOfOrder: {"reason": "…"}` if it is right, or put the ' +
        'submission right by a correction if that is what is wrong',
    );
  });
});

test('a new attempt was submitted no earlier than those before it, unless out of order', () => {
  const again = submitted().act('resubmission', { reason: 'lost' });
  const sent = (submittedOn: string, more: object = {}) =>
    found(again, 'submission', { submittedOn, channel: 'fax', ...more });
  expect(sent(addDays(SUBMITTED, -1))).toEqual(['submittedOn before_record']);
  expect(sent(SUBMITTED)).toEqual([]);
  expect(sent(addDays(SUBMITTED, -1), { outOfOrder: { reason: 'sent twice' } })).toEqual([]);
});

describe('the last day and the first day of a participation', () => {
  const ending = (on: string) => ({ on, reason: 'moved', source: 'letter', reference: 'T-1' });

  test('are in this order: a last day before the effective date is refused, that day itself is not', () => {
    expect(found(confirmed(), 'participation-end', ending('2027-02-28'))).toEqual(['on before_record']);
    expect(found(confirmed(), 'participation-end', ending('2027-03-01'))).toEqual([]);
  });

  test('and an effective date after the last day likewise, whatever its reason', () => {
    const paper = confirmed().act('participation-end', { on: '2027-06-30' });
    const later = fact('effectiveDate', { value: '2027-07-01', reason: 'the letter says so' });
    expect(found(paper, 'confirmations', later)).toEqual(['value after_record']);
    expect(found(paper, 'confirmations', { ...later, value: '2027-06-30' })).toEqual([]);
  });

  test('and an issue is not resolved before it was there', () => {
    const paper = confirmed().act('issues', { code: 'not_loaded', since: '2026-12-30' });
    const resolved = (resolvedOn: string) => ({ code: 'not_loaded', resolvedOn, source: 'portal', reference: 'P' });
    expect(found(paper, 'issue-resolution', resolved('2026-12-29'))).toEqual(['resolvedOn before_record']);
    expect(found(paper, 'issue-resolution', resolved('2026-12-30'))).toEqual([]);
  });
});

test('every rule against the record that applications have is held', () => {
  const rules = Object.entries(DATE_RULES).filter(([, { against = [] }]: [string, DateRule]) => against.length > 0);
  expect(rules.map(([name]) => name)).toEqual([
    'Submission.submittedOn',
    'Contact.completeOn',
    'Information.providedOn',
    'Confirmation.confirmedOn',
    'EffectiveDate.value',
    'Appeal.filedOn',
    'ParticipationEnd.on',
    // dates of an agreement
    'AgreementEnd.on',
    'IssueResolution.resolvedOn',
    // dates of something that is no application, or none yet
    'AdoptedFact.confirmedOn',
    'Revocation.on',
    'PlatformRelationshipPatch.since',
    'PlatformRelationshipPatch.changedOn',
    'PlatformRelationshipEnd.on',
    'Consequences.leaveOn',
  ]);
});
