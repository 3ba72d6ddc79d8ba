import { WrongKeys } from '../../../api/kernel/wrong-keys';
import { hashSecret } from '../../../runtime/secrets';

const MOST = 30;
const [mine, yours] = [hashSecret('mine'), hashSecret('yours')];

function create() {
  const clock = { ms: 0 };
  const keys = new WrongKeys(() => clock.ms);
  const fail = (address: string, times: number) =>
    Array.from({ length: times }, (_, i) => keys.recordWrong(address, hashSecret(`wrong ${i}`)));
  return { clock, keys, fail };
}

test('after thirty wrong keys an address waits until its minute is over, and others do not', () => {
  const { clock, keys, fail } = create();
  expect(fail('192.0.2.1', MOST - 1)).not.toContain(true);
  expect(keys.computeWait('192.0.2.1', mine)).toBe(0);
  clock.ms = 20_000;
  expect(fail('192.0.2.1', 2)).toEqual([true, false]);
  expect(keys.computeWait('192.0.2.1', mine)).toBe(40);
  expect(keys.computeWait('192.0.2.2', mine)).toBe(0);
  clock.ms = 60_000;
  expect(keys.computeWait('192.0.2.1', mine)).toBe(0);
  expect(fail('192.0.2.1', 1)).toEqual([false]);
});

test('a key that was right is let pass from such an address, until it is wrong', () => {
  const { keys, fail } = create();
  keys.recordRight(mine);
  fail('192.0.2.1', MOST);
  expect([keys.computeWait('192.0.2.1', mine), keys.computeWait('192.0.2.1', yours)]).toEqual([0, 60]);
  keys.recordWrong('192.0.2.9', mine);
  expect(keys.computeWait('192.0.2.1', mine)).toBe(60);
});

test.each([
  ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', true],
  ['2001:db8::1', '2001:db8::2', true],
  ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
  ['::ffff:192.0.2.1', '192.0.2.1', true],
  ['::ffff:192.0.2.1', '::ffff:192.0.2.2', false],
  ['::1', '192.0.2.1', false],
])('wrong keys from %s count for %s: %p', (one, other, same) => {
  const { keys, fail } = create();
  fail(one, MOST);
  expect(keys.computeWait(other, mine) > 0).toBe(same);
});

test('what is remembered is bounded: the longest known address goes first', () => {
  const { keys, fail } = create();
  fail('192.0.2.1', MOST);
  for (let n = 0; n < 10_000; n += 1) keys.recordWrong(`10.0.${n >> 8}.${n & 255}`, mine);
  expect(keys.computeWait('192.0.2.1', yours)).toBe(0);
});
