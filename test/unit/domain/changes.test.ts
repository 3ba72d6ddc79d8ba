import { findChangeNeed, findKindForChange, findNoticeDueDay } from '../../../domain/registry/changes';
import { CHANGE_FIELDS } from '../../../domain/kernel/codes';

describe('what a change means for an application', () => {
  test.each(CHANGE_FIELDS)(
    'of the %s: what has not left yet leaves as it is, what was submitted has to be told',
    (field) => {
      expect(findChangeNeed(field, 'unsubmitted', 'application')).toBe('nothing');
      expect(findChangeNeed(field, 'submitted', 'none')).toBe('tell_payer');
    },
  );

  test('of a participation, what the payer wants; a TIN takes a contract', () => {
    expect(CHANGE_FIELDS.map((field) => findChangeNeed(field, 'participating', 'application'))).toEqual([
      'application',
      'application',
      'contract',
    ]);
    expect(findChangeNeed('tin', 'participating', 'notice')).toBe('notice');
    expect(findChangeNeed('name', 'participating', 'none')).toBe('nothing');
    expect(CHANGE_FIELDS.map((field) => findChangeNeed(field, 'agreement', 'application'))).toEqual([
      'notice',
      'notice',
      'contract',
    ]);
    expect(findKindForChange('contract')).toBe('add_tin_or_location');
    expect(findKindForChange('application')).toBe('change');
    expect(findKindForChange('notice')).toBeNull();
  });

  test('Medicare is notified within 30 days, others by no rule that is known', () => {
    expect(findNoticeDueDay('medicare', 'application', '2027-01-31')).toMatchObject({ dueOn: '2027-03-02' });
    expect(findNoticeDueDay('medicare', 'nothing', '2027-01-31')).toBeNull();
    expect(findNoticeDueDay('commercial', 'application', '2027-01-31')).toBeNull();
  });
});
