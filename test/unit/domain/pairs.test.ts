import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compareAddresses, type Place } from '../../../domain/kernel/addresses';
import { compareBusinessNames, listBusinessKeys } from '../../../domain/kernel/business-names';
import { compareLicenceNumbers } from '../../../domain/kernel/licence-numbers';
import type { Likeness } from '../../../domain/kernel/likeness';
import { comparePersonNames, listPersonKeys, type PersonName } from '../../../domain/kernel/names';

const FOLDER = join(__dirname, 'pairs');

const readPerson = (text: string): PersonName => {
  const [lastName = '', firstName = '', suffix] = text.split(',').map((part) => part.trim());
  return { firstName, lastName, suffix };
};

const readPlace = (text: string): Place => {
  const [lines = '', city = '', state = '', postalCode = ''] = text.split(';').map((part) => part.trim());
  const [line1 = '', line2] = lines.split(' / ').map((line) => line.trim());
  return { line1, line2, city, state, postalCode };
};

const COMPARE: Record<string, (one: string, other: string) => Likeness> = {
  persons: (one, other) => comparePersonNames(readPerson(one), readPerson(other)),
  businesses: compareBusinessNames,
  addresses: (one, other) => compareAddresses(readPlace(one), readPlace(other)),
  licences: compareLicenceNumbers,
};

/** The keys by which both writings are looked up. */
const KEYS: Record<string, (text: string) => string[]> = {
  persons: (text) => listPersonKeys(readPerson(text)),
  businesses: listBusinessKeys,
};

const pairs = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.txt'))
  .flatMap((name) =>
    readFileSync(join(FOLDER, name), 'utf8')
      .split('\n')
      .filter((line) => line.trim() !== '' && !line.startsWith('#'))
      .map((line) => {
        const [expected, one, other] = line.split('|').map((part) => part.trim()) as [Likeness, string, string];
        return { kind: name.split('.')[0]!, expected, one, other };
      }),
  );

test.each(pairs)('$kind: "$one" and "$other": $expected', ({ kind, expected, one, other }) => {
  expect([COMPARE[kind]!(one, other), COMPARE[kind]!(other, one)]).toEqual([expected, expected]);
  const [some, others] = [one, other].map((text) => KEYS[kind]?.(text));
  if (expected !== 'differs' && some) expect(some.filter((key) => others!.includes(key))).not.toEqual([]);
});
