import { compareOptional, findFarthest, findNearest, listSpellings, splitWords, type Likeness } from './likeness';
import {
  DIRECTIONS,
  NUMBER_WORDS,
  ORDINALS,
  PHRASES,
  STATES,
  STREET_SUFFIXES,
  UNITS,
  UNNUMBERED_UNITS,
} from './usps-words';

export interface Place {
  line1: string;
  line2?: string | null | undefined;
  city: string;
  state: string;
  postalCode: string;
}

/**
 * Compares two addresses. Case, punctuation, what the USPS abbreviates, the line on which the suite stands and the last
 * four of a ZIP code don't count. A suite, suffix or direction that only one has leaves them alike, and so does another
 * city with the same ZIP code; with two ZIP codes or suites one is wrong, or they are two places.
 */
export const compareAddresses = (one: Place, other: Place): Likeness =>
  findNearest(listReadings(one), listReadings(other), (a, b) => {
    if (a.state !== b.state || a.zip !== b.zip) return 'differs';
    return findFarthest([
      a.city === b.city ? 'same' : 'alike',
      compareStreets(a.street, b.street),
      compareUnits(a.units, b.units),
    ]);
  });

interface Reading {
  street: Street;
  units: ReadonlyMap<string, Unit>;
  city: string;
  state: string;
  zip: string;
}

interface Street {
  number: string;
  /** Without spaces, in full and abbreviated. */
  names: readonly [string, string];
  before: string | null;
  after: string | null;
  suffix: string | null;
}

/** A part of the building: what it is called, null for a bare number or #, and its number. */
interface Unit {
  called: string | null;
  number: string;
}

function listReadings({ line1, line2, city, state, postalCode }: Place): Reading[] {
  const lines = listSpellings(markUnits(beginWithNumber(`${line1}\n${line2 ?? ''}`)));
  const cities = listSpellings(city);
  return [0, 1].map((way) => ({
    ...readLines(lines[way] ?? lines[0]!),
    city: splitWords(cities[way] ?? cities[0]!)
      .map(abbreviateWord)
      .join(''),
    state: readState(state),
    zip: postalCode.replace(/\D/g, '').slice(0, 5),
  }));
}

/** Reads a state's code, also of its name. */
function readState(state: string): string {
  const [written = ''] = listSpellings(state);
  return STATES.get(written.replaceAll(' ', '')) ?? written;
}

const OTHER_WORDS: Record<string, string> = { JUNIOR: 'JR', SAINT: 'ST', SENIOR: 'SR' };

const abbreviateWord = (word: string): string =>
  OTHER_WORDS[word] ?? DIRECTIONS.get(word) ?? STREET_SUFFIXES.get(word) ?? ORDINALS.get(word) ?? word;

/** A house number by a county’s grid, N6 W23001 or N6321, and what of a street follows it. */
const GRID = /^([NSEW])[\s.]*(\d+)(?:[\s-]*([NSEW])[\s.]*(\d+))?(?=\s+\p{L})/iu;
/** Written with one sign. */
const FRACTIONS: Record<string, string> = { '¼': '1/4', '½': '1/2', '¾': '3/4', '⅓': '1/3', '⅔': '2/3' };

/**
 * Moves the house number to the front of the lines: the suite or the name of the premises may stand before the street.
 */
function beginWithNumber(lines: string): string {
  const parts = lines.split(/[\n,]/).map((part) => part.trim());
  const at = parts.findIndex((part) => /^\d/.test(part) || GRID.test(part));
  return at <= 0 ? lines : [...parts.slice(at), ...parts.slice(0, at)].join('\n');
}

/** Writes the sign for a unit of unknown kind, and a line break, as words; a house number, or a fraction, becomes one word. */
const markUnits = (lines: string): string =>
  lines
    .trim()
    .replace(/[¼½¾⅓⅔]/g, (sign) => ` ${FRACTIONS[sign]}`)
    .replace(/(?<=^\d+)[\s–-]+([123])\/([234])(?!\d)/, 'F$1O$2')
    .replace(/(?<!\d)([123])\/([234])(?!\d)/g, '$1F$2')
    .replace(GRID, (...parts) => parts.slice(1, 5).join(''))
    .replace(/(?<=^\d+)[-–](?=\d|\p{L}\b)/u, '')
    .replace(/#|\bno\b\.?(?=\s*\d)/gi, ` ${SIGN} `)
    .replace(/\bc\/o\b|\battn\b/gi, '\n')
    .replace(/\s*\n\s*/g, ` ${BREAK} `);
const SIGN = 'NUMBERSIGN';
const BREAK = 'LINEBREAK';

function readLines(spelled: string): { street: Street; units: Map<string, Unit> } {
  const phrased = PHRASES.reduce((text, [pattern, standard]) => text.replace(pattern, standard), spelled);
  const words = splitWords(phrased);
  const at = words.findIndex((_, i) => i > 0 && isStartOfUnits(words, i));
  const street = readStreet(at < 0 ? words : words.slice(0, at));
  const units = at < 0 ? new Map<string, Unit>() : readUnits(words.slice(at));
  // 100A is the unit A of 100
  const [, number, letter] = /^(\d+)(\p{L})$/u.exec(street.number) ?? [];
  if (number === undefined || letter === undefined || units.has(ROOM)) return { street, units };
  return { street: { ...street, number }, units: units.set(ROOM, { called: null, number: letter }) };
}

/** Whether units begin at a word: at the sign or the break, before a number, or as the last word of a line. */
function isStartOfUnits(words: readonly string[], i: number): boolean {
  const [word, next] = [words[i]!, words[i + 1]];
  if (word === SIGN || word === BREAK || isFloor(words, i) || isBareUnit(words, i)) return true;
  if (UNNUMBERED_UNITS.has(word)) return next === undefined || next === BREAK || UNITS.has(next);
  const unit = UNITS.get(word);
  if (unit === undefined || next === undefined) return false;
  // a lot and a stop may be streets
  return next === SIGN || ALWAYS_UNITS.has(unit) || NUMBER_WORDS.has(next) || /^\p{L}$|\d/u.test(next);
}

/** Units whose names are never the name of a street. */
const ALWAYS_UNITS: ReadonlySet<string> = new Set(['APT', 'PMB', 'RM', 'STE', 'UNIT']);
const NUMBERED_ROADS: ReadonlySet<string | undefined> = new Set(['BYP', 'HWY', 'RD', 'RTE']);

/** Whether a number is a unit without a name, as in 1 Elm St 4. */
function isBareUnit(words: readonly string[], i: number): boolean {
  const suffix = STREET_SUFFIXES.get(words[i - 1]!);
  const ends = words[i + 1] === undefined || words[i + 1] === BREAK;
  return i > 2 && ends && suffix !== undefined && !NUMBERED_ROADS.has(suffix) && /^\d+\p{L}?$/u.test(words[i]!);
}

/** Whether a number and the word behind it are a floor, as in 2nd Floor. */
const isFloor = (words: readonly string[], i: number): boolean =>
  UNITS.get(words[i + 1] ?? '') === 'FL' && /^\d+(ST|ND|RD|TH)$/.test(ORDINALS.get(words[i]!) ?? words[i]!);

function readUnits(words: readonly string[]): Map<string, Unit> {
  const units = new Map<string, Unit>();
  let called: string | null = null;
  let number: string[] = [];
  const endUnit = () => {
    const text = number.join('');
    const isPremises = called === null && text.length > 1 && !/\d/.test(text);
    const kind = isPremises ? PREMISES : called !== null && OTHER_PARTS.has(called) ? called : ROOM;
    if (called !== null || text !== '') units.set(kind, { called, number: text });
    [called, number] = [null, []];
  };
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const unit = UNITS.get(word) ?? UNNUMBERED_UNITS.get(word);
    if (word === BREAK) endUnit();
    else if (isFloor(words, i)) {
      endUnit();
      units.set('FL', { called: 'FL', number: String(parseInt(ORDINALS.get(word) ?? word)) });
      i += 1;
    } else if (word === SIGN) {
      if (number.length > 0) endUnit();
    } else if (unit !== undefined) {
      endUnit();
      called = unit;
    } else number.push(NUMBER_WORDS.get(word) ?? word.replace(/^0+(?=\d)/, ''));
  }
  endUnit();
  return units;
}

/** A part of a building that is rented, under any of its names. */
const ROOM = 'ROOM';

/** A name, as of a tower. */
const PREMISES = 'PREMISES';

/** Floor and building contain a room; every other numbered unit is of one kind, under any name. */
const OTHER_PARTS: ReadonlySet<string> = new Set(['BLDG', 'FL', 'DEPT', 'LOT', 'STOP', ...UNNUMBERED_UNITS.values()]);

const compareUnits = (some: ReadonlyMap<string, Unit>, others: ReadonlyMap<string, Unit>): Likeness =>
  findFarthest(
    [...new Set([...some.keys(), ...others.keys()])].map((kind) => {
      const [one, other] = [some.get(kind), others.get(kind)];
      if (!one || !other) return 'alike';
      if (one.number !== other.number) return kind === PREMISES ? 'alike' : 'differs';
      return one.called === null || other.called === null || one.called === other.called ? 'same' : 'alike';
    }),
  );

function readStreet(words: readonly string[]): Street {
  const [first = '', ...others] = words;
  const rest = others.filter((word) => word !== 'THE');
  const standard = joinDirections(
    rest.map((word) => ({ word: stripOrdinal(word), short: stripOrdinal(abbreviateWord(word)) })),
  );
  const shorts = standard.map(({ short }) => short);
  const before = shorts.length > 1 && isDirection(shorts[0]) ? shorts[0]! : null;
  const after = shorts.length > 2 && isDirection(shorts.at(-1)) ? shorts.at(-1)! : null;
  const named = standard.slice(before === null ? 0 : 1, after === null ? undefined : -1);
  const last = named.at(-1)?.short ?? '';
  const suffix = named.length > 1 && STREET_SUFFIXES.has(last) ? last : null;
  const name = suffix === null ? named : named.slice(0, -1);
  return {
    number: NUMBER_WORDS.get(first) ?? first,
    names: [name.map(({ word }) => word).join(''), name.map(({ short }) => short).join('')],
    before,
    after,
    suffix,
  };
}

/** Writes 42nd St as 42 St. */
const stripOrdinal = (word: string): string => word.replace(/^(\d+)(ST|ND|RD|TH)$/, '$1');

const isDirection = (word = ''): boolean => DIRECTIONS.has(word);

/** Writes N W as NW. */
const joinDirections = (words: readonly { word: string; short: string }[]) =>
  words.flatMap(({ word, short }, i) => {
    const [before = '', next = ''] = [words[i - 1]?.short, words[i + 1]?.short];
    if (/^[NS]$/.test(before) && /^[EW]$/.test(short)) return [];
    return /^[NS]$/.test(short) && /^[EW]$/.test(next)
      ? [{ word: short + next, short: short + next }]
      : [{ word, short }];
  });

function compareStreets(one: Street, other: Street): Likeness {
  if (one.number !== other.number || !one.names.some((name, i) => name === other.names[i])) return 'differs';
  const joinSides = (street: Street) => [street.before, street.after].filter((part) => part !== null).join(' ');
  const directions =
    one.before === other.before && one.after === other.after
      ? 'same'
      : joinSides(one) === joinSides(other)
        ? 'alike'
        : compareOptional(joinSides(one) || null, joinSides(other) || null);
  return findFarthest([directions, compareOptional(one.suffix, other.suffix)]);
}
