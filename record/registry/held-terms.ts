import { MASK, maskIdentifier } from '../../domain/kernel/identifiers';
import { compareLicenceNumbers } from '../../domain/kernel/licence-numbers';
import {
  replaceTerms,
  startOnIssue,
  type DatedTerm,
  type HeldTerms,
  type HeldKind,
  type Term,
  type TermChange,
} from '../../domain/registry/held-terms';
import type { PlainDate } from '../../domain/time/instants';
import { toJson, type Tx } from '../../runtime/database';
import type { Keyring } from '../../runtime/keyring';
import { openField, sealField, type SealedFieldName } from '../kernel/sealed-fields';
import { selectCurrentLicences } from '../kernel/person-scope';
import { selectClientToday } from '../time/days';
import type { Circumstance } from './file-changes';

export interface Licence extends Term {
  state: string;
  number: string;
  /** The day of issue, which a renewal may leave as it was. */
  issuedOn?: PlainDate | undefined;
}

export interface Malpractice extends Term {
  carrier: string;
  /** The shown part of it, as it is kept. Gone once it was purged. */
  policyNumber?: string | undefined;
  policyNumberSealed?: string | undefined;
  /** US dollars. */
  limits?: { perOccurrence: number; aggregate: number } | undefined;
}

/** A registration to prescribe. */
export interface Dea extends Licence {
  numberSealed?: string | undefined;
}

/** The parts of a provider's file that have terms: now, and before that. */
export interface HeldFile {
  licences: Licence[];
  formerLicences: Licence[];
  malpractice: Malpractice | null;
  formerMalpractice: Malpractice[];
  dea: Dea[];
  formerDea: Dea[];
}
/** The parts of it that a caller gives; a former list takes the place of the one on file. */
export type HeldPatch = { [Field in keyof HeldFile]?: HeldFile[Field] | undefined };

const stripSeparators = (text = '') => text.replaceAll(/[\s.-]/g, '').toUpperCase();

const LICENCES: HeldKind<Licence> = {
  readPlace: ({ state }) => state,
  isSame: (one, other) => compareLicenceNumbers(one.number, other.number) === 'same',
};
const COVER: HeldKind<Malpractice> = {
  readPlace: () => 'malpractice',
  isSame: (one, other) =>
    stripSeparators(one.carrier) === stripSeparators(other.carrier) &&
    [one, other].some(
      ({ policyNumber }) =>
        policyNumber === undefined || stripSeparators(policyNumber) === stripSeparators(other.policyNumber),
    ),
};
const DEA: HeldKind<Dea> = {
  readPlace: ({ state }) => state,
  isSame: (one, other) => stripSeparators(one.number) === stripSeparators(other.number),
};

/** The way in which numbers of a kind are sealed: the shown part of one stands in its place. */
interface SealedKind<T> {
  field: SealedFieldName;
  read: (one: T) => { shown?: string | undefined; sealed?: string | undefined };
  write: (one: T, number: { shown: string; sealed?: string }) => T;
}
export const POLICY_NUMBERS: SealedKind<Malpractice> = {
  field: 'provider.malpractice',
  read: ({ policyNumber, policyNumberSealed }) => ({ shown: policyNumber, sealed: policyNumberSealed }),
  write: ({ policyNumberSealed: _, ...one }, { shown, sealed }) => ({
    ...one,
    policyNumber: shown,
    ...(sealed !== undefined && { policyNumberSealed: sealed }),
  }),
};
export const DEA_NUMBERS: SealedKind<Dea> = {
  field: 'provider.dea',
  read: ({ number, numberSealed }) => ({ shown: number, sealed: numberSealed }),
  write: ({ numberSealed: _, ...one }, { shown, sealed }) => ({
    ...one,
    number: shown,
    ...(sealed !== undefined && { numberSealed: sealed }),
  }),
};

/** Masks the number of a term, also of one from before numbers were sealed. */
export function maskNumber<T>({ read, write }: SealedKind<T>, one: T): T {
  const { shown } = read(one);
  return shown === undefined ? one : write(one, { shown: maskIdentifier(shown) });
}

/** Opens the number of a term; undefined if it was purged. */
export function openNumber<T>(
  keyring: Keyring,
  { field, read }: SealedKind<T>,
  providerId: string,
  one: T,
): string | undefined {
  const { shown, sealed } = read(one);
  return sealed === undefined ? shown : openField(keyring, field, providerId, sealed);
}

/** Opens what is kept of one kind, and seals what is to be kept. */
function openKind<T>(keyring: Keyring, kind: SealedKind<T>, providerId: string, kept: HeldTerms<T>) {
  const sealedOf = new Map<string, string>();
  const openTerm = (one: T): T => {
    const number = openNumber(keyring, kind, providerId, one);
    const { sealed } = kind.read(one);
    if (number !== undefined && sealed !== undefined) sealedOf.set(number, sealed);
    return number === undefined ? one : kind.write(one, { shown: number });
  };
  const opened = { current: kept.current.map(openTerm), former: kept.former.map(openTerm) };
  // a caller may send the shown part of a number on file back in its place
  const numbers = [...opened.current, ...opened.former].flatMap((one) => kind.read(one).shown ?? []);
  const restoreNumber = (one: T): T => {
    const { shown } = kind.read(one);
    const meant = shown?.startsWith(MASK) && numbers.find((number) => maskIdentifier(number) === shown);
    return meant ? kind.write(one, { shown: meant }) : one;
  };
  const sealTerm = (one: T): T => {
    const { shown: number } = kind.read(one);
    if (number === undefined) return one;
    const sealed = sealedOf.get(number) ?? sealField(keyring, kind.field, providerId, number);
    return kind.write(one, { shown: maskIdentifier(number), sealed });
  };
  return { opened, restoreNumber, sealTerm };
}

/**
 * Puts what is given on file, keeps the terms that it renews or replaces, and returns the columns of the provider's row, in which
 * DEA and policy numbers are sealed.
 */
export async function saveTerms(
  tx: Tx,
  keyring: Keyring,
  { id, clientId }: { id: string; clientId: string },
  { licences, formerLicences, malpractice, formerMalpractice, dea, formerDea }: HeldPatch,
  { changedOn, correction = false }: Circumstance,
): Promise<object> {
  const [kept] = await tx<(HeldFile & { today: PlainDate })[]>`
    select ${selectCurrentLicences(tx)} as licences, p.former_licences, p.malpractice, p.former_malpractice, p.dea, p.former_dea,
      ${selectClientToday(tx, clientId)} as today
    from providers p where p.id = ${id} for no key update`;
  const { today, ...file } = kept!;
  const change: TermChange = { on: changedOn ?? today, correction };
  const heldLicences = replaceKind(
    { current: file.licences, former: file.formerLicences },
    licences,
    formerLicences,
    LICENCES,
    change,
  );
  const keptCover = { current: file.malpractice ? [file.malpractice] : [], former: file.formerMalpractice };
  const cover = openKind(keyring, POLICY_NUMBERS, id, keptCover);
  const heldCover = replaceKind(
    cover.opened,
    (malpractice === undefined ? undefined : malpractice === null ? [] : [malpractice])?.map(cover.restoreNumber),
    formerMalpractice?.map(cover.restoreNumber),
    COVER,
    change,
  );
  const registrations = openKind(keyring, DEA_NUMBERS, id, { current: file.dea, former: file.formerDea });
  const heldDea = replaceKind(
    registrations.opened,
    dea?.map(registrations.restoreNumber),
    formerDea?.map(registrations.restoreNumber),
    DEA,
    change,
  );
  if (licences) await placeLicences(tx, clientId, id, heldLicences!.current);
  return {
    ...(heldLicences && { formerLicences: toJson(tx, [...heldLicences.former]) }),
    ...(heldCover && {
      malpractice: heldCover.current[0] ? toJson(tx, cover.sealTerm(heldCover.current[0])) : null,
      formerMalpractice: toJson(tx, heldCover.former.map(cover.sealTerm)),
    }),
    ...(heldDea && {
      dea: toJson(tx, heldDea.current.map(registrations.sealTerm)),
      formerDea: toJson(tx, heldDea.former.map(registrations.sealTerm)),
    }),
  };
}

/** Replaces the terms of a kind; null if nothing of it is given. A caller who lists former ones lists all of them. */
function replaceKind<T extends DatedTerm>(
  kept: HeldTerms<T>,
  current: readonly T[] | undefined,
  givenFormer: readonly T[] | undefined,
  kind: HeldKind<T>,
  change: TermChange,
): HeldTerms<T> | null {
  const former = givenFormer?.map(startOnIssue);
  if (current === undefined) return former ? { current: kept.current, former } : null;
  const terms = replaceTerms({ ...kept, ...(former && { former }) }, current, kind, change);
  return former ? { ...terms, former } : terms;
}

async function placeLicences(
  tx: Tx,
  clientId: string,
  providerId: string,
  licences: readonly Licence[],
): Promise<void> {
  await tx`delete from licences where provider_id = ${providerId}`;
  if (licences.length > 0)
    await tx`
      insert into licences ${tx(
        licences.map(({ issuedOn = null, startsOn = null, state, number, expiresOn }) => ({
          clientId,
          providerId,
          state,
          number,
          issuedOn,
          startsOn,
          expiresOn,
        })),
      )}`;
}
