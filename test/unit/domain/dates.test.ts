import fc from 'fast-check';
import { addDays, isFuture, isRealDate } from '../../../domain/time/dates';

describe('a real date', () => {
  test.each(['2026-01-31', '2024-02-29', '2000-02-29', '0001-01-01', '9999-12-31'])('%s exists', (date) => {
    expect(isRealDate(date)).toBe(true);
  });

  test.each([
    '2026-02-29',
    '1900-02-29',
    '2026-02-30',
    '2026-04-31',
    '2026-13-01',
    '2026-00-10',
    '2026-01-00',
    '2026-01-32',
    '2026-1-1',
    '26-01-01',
    '02026-01-01',
    '+002026-01-01',
    '2026/01/01',
    '2026-01-01T00:00:00Z',
    '2026-01-01 ',
    ' 2026-01-01',
    '2026-01-01\n',
    '',
  ])('%j is none', (date) => {
    expect(isRealDate(date)).toBe(false);
  });

  test('agrees with the lengths of the months for every day and month number', () => {
    for (const year of [1999, 2000, 2023, 2024, 2100])
      for (let month = 0; month <= 13; month++)
        for (let day = 0; day <= 32; day++) {
          const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
          const length = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
          const date = `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
          expect([date, isRealDate(date)]).toEqual([date, day >= 1 && day <= length]);
        }
  });
});

describe('adding days', () => {
  test.each([
    ['2026-02-28', 1, '2026-03-01'],
    ['2024-02-28', 1, '2024-02-29'],
    ['2026-12-31', 1, '2027-01-01'],
    ['2026-03-07', 2, '2026-03-09'],
    ['2026-01-01', -1, '2025-12-31'],
    ['2026-01-01', 0, '2026-01-01'],
    ['2026-01-01', 120, '2026-05-01'],
  ])('%s and %i give %s', (date, days, expected) => {
    expect(addDays(date, days)).toBe(expected);
  });

  test('goes there and back, and later dates compare as later strings', () => {
    const date = fc.integer({ min: 0, max: 40_000 }).map((days) => addDays('1950-01-01', days));
    fc.assert(
      fc.property(date, fc.integer({ min: 1, max: 5_000 }), (from, days) => {
        const to = addDays(from, days);
        expect(isRealDate(to)).toBe(true);
        expect(to > from).toBe(true);
        expect(addDays(to, -days)).toBe(from);
      }),
    );
  });
});

describe('the future', () => {
  test('begins once the date has begun nowhere on earth', () => {
    expect(isFuture('2026-03-10', '2026-03-09T09:59:59.999Z')).toBe(true);
    expect(isFuture('2026-03-10', '2026-03-09T10:00:00.000Z')).toBe(false);
    expect(isFuture('2026-03-09', '2026-03-09T00:00:00.000Z')).toBe(false);
    expect(isFuture('2027-01-01', '2026-12-31T10:00:00Z')).toBe(false);
  });
});
