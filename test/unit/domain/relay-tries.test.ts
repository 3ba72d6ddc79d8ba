import { MOST_RELAY_TRIES, planNextTry } from '../../../domain/kernel/relay-tries';

const tries = Array.from({ length: MOST_RELAY_TRIES }, (_, n) => n + 1);
const after = (count: number, random = 0.5) => planNextTry(count, { counts: true, random });

test('a delivery is tried less and less often, ten minutes apart in the end', () => {
  const pauses = tries.map((count) => after(count).inSeconds);
  expect(pauses.slice(0, 4)).toEqual([2, 4, 8, 16]);
  expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
  expect(pauses.at(-1)).toBe(600);
});

test('what failed together is not tried again together', () => {
  expect([after(3, 0).inSeconds, after(3, 1).inSeconds]).toEqual([6, 10]);
});

test('it ends with its last try, some hours after the first', () => {
  expect(tries.filter((count) => after(count).dead)).toEqual([MOST_RELAY_TRIES]);
  const hours = tries.reduce((sum, count) => sum + after(count).inSeconds, 0) / 3600;
  expect(hours).toBeGreaterThan(3);
  expect(hours).toBeLessThan(5);
});

test('a try that found Temporal away does not count, however often', () => {
  const away = planNextTry(MOST_RELAY_TRIES, { counts: false, random: 0.5 });
  expect(away).toEqual({ tries: MOST_RELAY_TRIES - 1, inSeconds: 5, dead: false });
});
