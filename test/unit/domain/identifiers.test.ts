import fc from 'fast-check';
import {
  hasKnownPrefix,
  isCaqhId,
  isEin,
  isItin,
  isNpi,
  isSsn,
  isTaxonomy,
  normalizeTin,
} from '../../../domain/kernel/identifiers';

const digits = (length: number) => fc.stringMatching(new RegExp(`^\\d{${length}}$`));

/** Writes what a strict reader takes for another writing of the same identifier. */
const disguises = (text: string) => [` ${text}`, `${text} `, `${text}\n`, `\t${text}`, `${text}\u200b`, `+${text}`];
const fullWidth = (text: string) => text.replace(/\d/g, (d) => String.fromCharCode(d.charCodeAt(0) + 0xfee0));

describe('an NPI', () => {
  test.each(['1234567893', '1245319599', '1000000004', '2000000002'])('%s is one', (npi) => {
    expect(isNpi(npi)).toBe(true);
  });

  test.each([
    ['a wrong check digit', '1234567898'],
    ['a first digit that is neither 1 nor 2', '3000000001'],
    ['nine digits', '123456789'],
    ['eleven digits', '12345678930'],
    ['a letter', '123456789X'],
    ['nothing', ''],
  ])('is not %s', (_what, npi) => {
    expect(isNpi(npi)).toBe(false);
  });

  test('is never trimmed or converted', () => {
    for (const text of [...disguises('1234567893'), fullWidth('1234567893'), '1234-567-893'])
      expect([text, isNpi(text)]).toEqual([text, false]);
  });

  test('has one right check digit for each beginning, by a sum written differently', () => {
    fc.assert(
      fc.property(fc.constantFrom('1', '2'), digits(8), (first, rest) => {
        const body = `${first}${rest}`;
        // the constant 24 is what the prefix 80840 adds
        const sum = [...body].reduce(
          (total, d, i) => total + (i % 2 === 0 ? [...String(2 * +d)] : [d]).reduce((s, x) => s + +x, 0),
          24,
        );
        const right = (10 - (sum % 10)) % 10;
        const accepted = [...'0123456789'].filter((check) => isNpi(`${body}${check}`));
        expect(accepted).toEqual([String(right)]);
      }),
    );
  });
});

describe('an EIN', () => {
  test.each(['123456789', '12-3456789', '94-1234567'])('%s is one', (ein) => {
    expect(isEin(ein)).toBe(true);
  });

  test('has a prefix that the IRS is known to assign, or one that is asked about', () => {
    expect(isEin('00-3456789')).toBe(true);
    const prefixes = Array.from({ length: 100 }, (_x, i) => String(i).padStart(2, '0'));
    const unassigned = prefixes.filter((prefix) => !hasKnownPrefix(`${prefix}1234567`));
    expect(unassigned.join(' ')).toBe('00 07 08 09 17 18 19 28 29 49 69 70 78 79 89 96 97');
  });

  test.each(['12345678', '1234567890', '123-456789', '1-23456789', '12--3456789', '12 3456789', '12–3456789', ''])(
    'is not %j',
    (ein) => {
      expect(isEin(ein)).toBe(false);
    },
  );

  test('is never trimmed or converted', () => {
    for (const text of [...disguises('123456789'), fullWidth('123456789')])
      expect([text, isEin(text)]).toEqual([text, false]);
  });
});

describe('an ITIN', () => {
  test.each(['912-70-1234', '912701234', '900-50-0001', '999-99-9999', '999-65-1234'])('%s is one', (itin) => {
    expect([isItin(itin), isSsn(itin)]).toEqual([true, false]);
  });

  test.each(['812-70-1234', '912-49-1234', '912-66-1234', '912-89-1234', '912-93-1234', '912-701234', '91270123', ''])(
    'is not %j',
    (itin) => {
      expect(isItin(itin)).toBe(false);
    },
  );
});

describe('an SSN', () => {
  test.each(['123456789', '123-45-6789', '899-99-9999', '001-01-0001'])('%s is one', (ssn) => {
    expect(isSsn(ssn)).toBe(true);
  });

  test.each([
    ['area 000', '000-45-6789'],
    ['area 666', '666-45-6789'],
    ['area 900', '900-45-6789'],
    ['area 999', '999-45-6788'],
    ['group 00', '123-00-6789'],
    ['serial 0000', '123-45-0000'],
    ['serial 0000, plain', '123450000'],
    ['the one that was printed on wallets', '078-05-1120'],
    ['half hyphenated', '123-456789'],
    ['hyphenated as an EIN', '12-3456789'],
    ['eight digits', '12345678'],
    ['ten digits', '1234567890'],
    ['spaced', '123 45 6789'],
    ['nothing', ''],
  ])('is not %s', (_what, ssn) => {
    expect(isSsn(ssn)).toBe(false);
  });

  test('is never trimmed or converted', () => {
    for (const text of [...disguises('123456789'), fullWidth('123456789')])
      expect([text, isSsn(text)]).toEqual([text, false]);
  });
});

test('two writings of a TIN have the same digits, and different numbers never', () => {
  expect(normalizeTin('12-3456789')).toBe(normalizeTin('123456789'));
  expect(normalizeTin('123-45-6789')).toBe('123456789');
  expect(normalizeTin('12-3456788')).not.toBe(normalizeTin('123456789'));
});

test('a CAQH id has 7 to 10 digits', () => {
  for (const id of ['1234567', '12345678', '1234567890']) expect([id, isCaqhId(id)]).toEqual([id, true]);
  for (const id of ['123456', '12345678901', '1234567a', ' 12345678', '12345678 ', '', '-1234567'])
    expect([id, isCaqhId(id)]).toEqual([id, false]);
});

test('a taxonomy code has nine digits or capitals and an X', () => {
  for (const code of ['101YM0800X', '1041C0700X', '363LP0808X']) expect([code, isTaxonomy(code)]).toEqual([code, true]);
  for (const code of ['101YM0800', '101YM08000', '101ym0800x', '101YM0800XX', ' 101YM0800X', ''])
    expect([code, isTaxonomy(code)]).toEqual([code, false]);
});
