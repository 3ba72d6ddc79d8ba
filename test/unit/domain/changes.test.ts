import { changeNeed, kindFor, toldBy } from '../../../domain/registry/changes';
import { CHANGE_FIELDS } from '../../../domain/kernel/codes';

describe('what a change means for an application', () => {
  test.each(CHANGE_FIELDS)(
    'of the %s: what has not left yet leaves as it is, what was submitted has to be told',
    (field) => {
      expect(changeNeed(field, 'unsubmitted', 'application')).toBe('nothing');
      expect(changeNeed(field, 'submitted', 'none')).toBe('tell_payer');
    },
  );

  test('of a participation, what the payer wants; a TIN takes a contract', () => {
    expect(CHANGE_FIELDS.map((field) => changeNeed(field, 'participating', 'application'))).toEqual([
      'application',
      'application',
      'contract',
    ]);
    expect(changeNeed('tin', 'participating', 'notice')).toBe('notice');
    expect(changeNeed('name', 'participating', 'none')).toBe('nothing');
    expect(CHANGE_FIELDS.map((field) => changeNeed(field, 'agreement', 'application'))).toEqual([
      'notice',
      'notice',
      'contract',
    ]);
    expect(kindFor('contract')).toBe('add_tin_or_location');
    expect(kindFor('application')).toBe('change');
    expect(kindFor('notice')).toBeNull();
  });

  test('Medicare hears of it within 30 days, others by no rule that is known', () => {
    expect(toldBy('medicare', 'application', '2027-01-31')).toMatchObject({ dueOn: '2027-03-02' });
    expect(toldBy('medicare', 'nothing', '2027-01-31')).toBeNull();
    expect(toldBy('commercial', 'application', '2027-01-31')).toBeNull();
  });
});
