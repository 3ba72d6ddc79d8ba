import { createKeyring } from '../../../runtime/keyring';

const key = (fill: number) => Buffer.alloc(32, fill).toString('base64');
const old = `old:${key(1)}`;
const keyring = createKeyring(`new:${key(2)},${old}`);
const last = (text: string) => (text.endsWith('A') ? 'B' : 'A');

test('what is sealed opens for the same owner, and says which key sealed it', () => {
  const sealed = keyring.seal('123456789', 'practice 1');
  expect(sealed).toMatch(/^new\./);
  expect(sealed).not.toContain('123456789');
  expect(keyring.open(sealed, 'practice 1')).toBe('123456789');
});

test('the same text seals differently every time', () => {
  expect(keyring.seal('123456789', 'a')).not.toBe(keyring.seal('123456789', 'a'));
});

test('after a rotation old seals still open and old hashes are still looked for', () => {
  const before = createKeyring(old);
  expect(keyring.open(before.seal('123456789', 'a'), 'a')).toBe('123456789');
  expect(keyring.computeLookupHashes('123456789')).toContainEqual(before.computeLookupHash('123456789'));
  expect(keyring.computeLookupHash('123456789')).not.toEqual(before.computeLookupHash('123456789'));
});

test('a seal that was changed, or moved to another owner, does not open', () => {
  const sealed = keyring.seal('123456789', 'practice 1');
  expect(() => keyring.open(sealed, 'practice 2')).toThrow();
  expect(() => keyring.open(sealed.slice(0, 8) + last(sealed.slice(0, 9)) + sealed.slice(9), 'practice 1')).toThrow();
  expect(() => keyring.open(sealed.slice(0, 20), 'practice 1')).toThrow('too short');
});

test('a seal under a key that is no longer there does not open', () => {
  expect(() => createKeyring(old).open(keyring.seal('1', 'a'), 'a')).toThrow('neither in ENCRYPTION_KEYS');
});

test('one purpose cannot open what another encrypted', () => {
  const sealed = keyring.encrypt('payload', Buffer.from('x'), 'a');
  expect(keyring.decrypt('payload', sealed, 'a').toString()).toBe('x');
  expect(() => keyring.decrypt('field', sealed, 'a')).toThrow();
});

test.each([
  ['no id', key(1)],
  ['a key of 31 bytes', `a:${Buffer.alloc(31).toString('base64')}`],
  ['an empty entry', `${old},`],
])('keys with %s are refused without being quoted', (_, keys) => {
  expect(() => createKeyring(keys)).toThrow('ENCRYPTION_KEYS: must be id:base64 of 32 bytes, with commas between keys');
});

test('a key id that is named twice is refused', () => {
  expect(() => createKeyring(`${old},old:${key(3)}`)).toThrow('names the key old twice');
});
