import fc from 'fast-check';
import { isWorkday } from '../../support/independent-calendar';
import { findWindowStart } from '../../../domain/time/calendar';
import { addDays } from '../../../domain/time/dates';
import {
  identifyItem,
  REMINDER_DAYS,
  predictLapses,
  listReminders,
  computeReminderSchedule,
  findStanding,
  listUpkeepItems,
  type UpkeepFile,
  type UpkeepView,
} from '../../../domain/upkeep/upkeep';
import { Paper } from '../application/paper';

const TODAY = '2026-03-01';
const ZONE = 'America/Denver';
const file = (more: Partial<UpkeepFile> = {}): UpkeepFile => ({
  attestedOn: null,
  licences: [],
  malpractice: null,
  dea: [],
  documents: [],
  authorisations: [],
  ...more,
});
const licence = (state: string, expiresOn: string, number = 'L1') => ({ state, number, expiresOn });
const scopes = ['submit_applications', 'contact_payers'] as const;
const signed = (id: string, until: string | null, more: object = {}) => ({
  id,
  scopes,
  payerIds: null,
  signedOn: '2026-01-01',
  until,
  revokedOn: null,
  ...more,
});
const at = (day: string) => findWindowStart(day, { timeZone: ZONE });
const view = (providerId: string, of: UpkeepFile, timeZone = ZONE): UpkeepView => ({
  providerId,
  timeZone,
  items: listUpkeepItems(of, TODAY),
});

describe('what has to be renewed', () => {
  const ends = (of: UpkeepFile) => listUpkeepItems(of, TODAY).map(({ kind, state, dueOn }) => [kind, state, dueOn]);

  test('is the attestation, every licence, the policy, what lets them prescribe, and what was signed for a time', () => {
    const all = file({
      attestedOn: '2026-01-01',
      licences: [licence('CO', '2026-09-30'), licence('IL', '2027-03-31')],
      malpractice: { policyNumber: 'P', expiresOn: '2026-12-31' },
      dea: [licence('CO', '2028-05-31')],
      documents: [{ id: 'd1', kind: 'cv', expiresOn: '2026-08-01' }],
      authorisations: [signed('a1', '2026-07-01'), signed('a2', null, { scopes: ['manage_caqh'] })],
    });
    expect(ends(all)).toEqual([
      ['attestation', null, '2026-05-01'],
      ['licence', 'CO', '2026-09-30'],
      ['licence', 'IL', '2027-03-31'],
      ['malpractice', null, '2026-12-31'],
      ['dea', 'CO', '2028-05-31'],
      ['document', null, '2026-08-01'],
      ['authorisation', null, '2026-07-01'],
    ]);
    expect(ends(file())).toEqual([]);
  });

  test('is due after 180 days where all current licences are in Illinois', () => {
    const inIllinois = file({ attestedOn: '2026-01-01', licences: [licence('IL', '2027-03-31')] });
    expect(ends(inIllinois)[0]).toEqual(['attestation', null, '2026-06-30']);
  });

  test('is the latest term of a licence, not the one that it renewed', () => {
    const renewed = file({
      attestedOn: '2026-01-01',
      licences: [{ ...licence('IL', '2028-03-31'), startsOn: '2027-04-01' }],
      formerLicences: [licence('IL', '2027-03-31')],
    });
    expect(ends(renewed)).toEqual([
      ['attestation', null, '2026-06-30'],
      ['licence', 'IL', '2028-03-31'],
    ]);
  });

  test('is not what another document or signature has taken the place of, nor what was taken back', () => {
    const documents = ['2026-08-01', '2027-08-01'].map((expiresOn, i) => ({ id: `d${i}`, kind: 'cv', expiresOn }));
    expect(ends(file({ documents }))).toEqual([['document', null, '2027-08-01']]);
    const renewed = [signed('a1', '2026-07-01'), signed('a2', '2027-07-01')];
    expect(ends(file({ authorisations: renewed }))).toEqual([['authorisation', null, '2027-07-01']]);
    const forGood = [signed('a1', '2026-07-01', { payerIds: ['y'] }), signed('a2', null)];
    expect(ends(file({ authorisations: forGood }))).toEqual([]);
    const narrower = [signed('a1', '2026-07-01'), signed('a2', null, { payerIds: ['y'] })];
    expect(ends(file({ authorisations: narrower }))).toHaveLength(1);
    expect(ends(file({ authorisations: [signed('a1', '2026-07-01', { revokedOn: '2026-02-01' })] }))).toEqual([]);
  });
});

describe('the ladder', () => {
  const [attestation, document] = [
    listUpkeepItems(file({ attestedOn: '2026-01-01' }), TODAY)[0]!,
    listUpkeepItems(file({ licences: [licence('CO', '2026-09-30')] }), TODAY)[0]!,
  ];

  test('climbs as CAQH writes, and a month ahead; documents from three months ahead', () => {
    expect(REMINDER_DAYS.attestation).toEqual([-30, -15, -10, -5, 1, 14, 28, 42]);
    for (const kind of ['licence', 'malpractice', 'dea', 'document', 'authorisation'] as const)
      expect(REMINDER_DAYS[kind]).toEqual([-90, -60, -30, -14, -7, 1]);
  });

  test('is reminded of at nine in the morning, and never after the last day of the schedule', () => {
    expect(computeReminderSchedule(attestation, ZONE, '2026-03-01T00:00:00.000Z')).toEqual({
      latest: null,
      next: '2026-04-01T15:00:00.000Z',
    });
    expect(computeReminderSchedule(attestation, ZONE, '2026-04-01T15:00:00.000Z')).toEqual({
      latest: -30,
      next: '2026-04-16T15:00:00.000Z',
    });
    expect(computeReminderSchedule(document, ZONE, '2027-01-01T00:00:00.000Z')).toEqual({ latest: 1, next: null });
  });

  test('reminds on a business day, an earlier one where its day is none; what has lapsed it tells of the day after', () => {
    // 14 and 7 days before it are Saturdays, the day after it is a Sunday
    const [ends] = listUpkeepItems(file({ licences: [licence('CO', '2026-11-28')] }), TODAY);
    const reached = (day: string) => computeReminderSchedule(ends!, ZONE, at(day)).latest;
    expect(['2026-11-12', '2026-11-13', '2026-11-19', '2026-11-20', '2026-11-29'].map(reached)).toEqual([
      -30, -14, -14, -7, 1,
    ]);
  });

  test('is lapsed from the day after the last good one on', () => {
    expect(
      ['2026-03-31', '2026-04-01', '2026-05-01', '2026-05-02'].map((day) => findStanding(attestation, day)),
    ).toEqual(['current', 'due', 'due', 'lapsed']);
  });

  test('looked at as rarely as one likes reminds at most once for each day of the schedule, and of several missed the latest', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -200, max: 200 }), { minLength: 1, maxLength: 30 }), (days) => {
        const looks = [...days].sort((a, b) => a - b);
        const said = looks.map(
          (day) => computeReminderSchedule(document, ZONE, at(addDays(document.dueOn, day))).latest,
        );
        for (const [i, day] of looks.entries()) {
          const passed = REMINDER_DAYS.licence.filter((rung) => {
            let on = addDays(document.dueOn, rung);
            while (rung <= 0 && !isWorkday(on)) on = addDays(on, -1);
            return on <= addDays(document.dueOn, day);
          });
          expect(said[i]).toBe(passed.at(-1) ?? null);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('what a person is reminded of', () => {
  const said = (day: string, one: UpkeepView) =>
    listReminders(one, at(day)).map(({ item, daysAfterDue }) => [item.kind, item.dueOn, daysAfterDue]);

  test('is the latest day of the schedule of each item, once where it is on file twice', () => {
    const twice = [licence('CO', '2026-05-31', 'L-1'), licence('CO', '2026-05-31', 'L 1')];
    expect(said('2026-04-02', view('a', file({ attestedOn: '2026-01-01', licences: twice })))).toEqual([
      ['attestation', '2026-05-01', -30],
      ['licence', '2026-05-31', -60],
    ]);
  });

  test('of the attestation goes by the licences of one client’s file', () => {
    const illinois = view('a', file({ attestedOn: '2026-01-01', licences: [licence('IL', '2099-01-01')] }));
    expect(said('2026-05-28', illinois)).toEqual([]);
    // 30 days before it is a Sunday
    expect(said('2026-05-29', illinois)).toEqual([['attestation', '2026-06-30', -30]]);
  });

  test('an item that was renewed is another one', () => {
    const [before] = listUpkeepItems(file({ licences: [licence('WI', '2026-03-20')] }), TODAY);
    const [after] = listUpkeepItems(file({ licences: [licence('WI', '2028-03-20')] }), TODAY);
    expect(identifyItem(before!)).not.toBe(identifyItem(after!));
  });
});

describe('a lapse before the decision', () => {
  const paper = new Paper();
  paper.act('submission', { submittedOn: paper.today, channel: 'payer_portal' });
  const warned = (of: UpkeepFile, today = paper.today) =>
    predictLapses(listUpkeepItems(of, today), paper.state, ZONE, today).map(({ item, state, dueOn }) => [
      item,
      state,
      dueOn,
    ]);

  test('is foreseen of what the application rests on, as long as it is ahead', () => {
    expect(paper.state.agenda.expectedDecisionAt!.slice(0, 10)).toBe('2027-04-04');
    const late = { attestedOn: '2026-12-20', licences: [licence('CO', '2027-04-03'), licence('NY', '2027-02-01')] };
    expect(warned(file(late))).toEqual([['licence', 'CO', '2027-04-03']]);
    expect(warned(file({ attestedOn: '2026-11-01' }))).toEqual([['attestation', null, '2027-03-01']]);
    expect(warned(file({ attestedOn: '2026-11-01' }), '2027-03-02')).toEqual([]);
    expect(warned(file({ malpractice: { policyNumber: 'P', expiresOn: '2027-03-31' } }))).toHaveLength(1);
    expect(warned(file({ malpractice: { policyNumber: 'P', expiresOn: '2027-04-04' } }))).toEqual([]);
  });

  test('counts to the committee that the payer named, where it named one', () => {
    const named = new Paper().submit().contact('committee', { promisedOn: '2027-05-12' });
    const lapses = predictLapses(
      listUpkeepItems(file({ attestedOn: '2027-01-02' }), named.today),
      named.state,
      ZONE,
      named.today,
    );
    expect(lapses).toMatchObject([{ item: 'attestation', dueOn: '2027-05-02', expectedDecisionOn: '2027-05-12' }]);
    expect(warned(file({ attestedOn: '2027-01-02' }))).toEqual([]);
  });

  test('is also that the attestation will be older than the payer takes', () => {
    const strict = new Paper({ playbook: { attestationMaxDays: 90 } }).submit();
    const of = (attestedOn: string) =>
      predictLapses(listUpkeepItems(file({ attestedOn }), strict.today), strict.state, ZONE, strict.today);
    expect(of('2027-01-02')).toEqual([
      {
        code: 'lapse_predicted',
        item: 'attestation',
        state: null,
        dueOn: '2027-04-02',
        maxDays: 90,
        expectedDecisionOn: '2027-04-04',
      },
    ]);
    expect(of('2027-01-04')).toEqual([]);
  });

  test('is none where another licence in the state holds longer', () => {
    const two = [licence('CO', '2027-02-01'), licence('CO', '2029-02-01', 'L2')];
    expect(warned(file({ licences: two }))).toEqual([]);
  });
});
