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
  /** Gone once it was purged. */
  policyNumber?: string | undefined;
  /** US dollars. */
  limits?: { perOccurrence: number; aggregate: number } | undefined;
}

/** A registration to prescribe. */
export type Dea = Licence;

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

const simplifyText = (text = '') => text.replaceAll(/[\s.-]/g, '').toUpperCase();

const LICENCES: HeldKind<Licence> = {
  readPlace: ({ state }) => state,
  isSame: (one, other) => compareLicenceNumbers(one.number, other.number) === 'same',
};
const COVER: HeldKind<Malpractice> = {
  readPlace: () => 'malpractice',
  isSame: (one, other) =>
    simplifyText(one.carrier) === simplifyText(other.carrier) &&
    [one, other].some(
      ({ policyNumber }) =>
        policyNumber === undefined || simplifyText(policyNumber) === simplifyText(other.policyNumber),
    ),
};
const DEA: HeldKind<Dea> = {
  readPlace: ({ state }) => state,
  isSame: (one, other) => simplifyText(one.number) === simplifyText(other.number),
};

/** Puts what is given on file, keeps the terms that it renews or replaces, and answers the columns of the provider's row. */
export async function saveTerms(
  tx: Tx,
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
  const heldCover = replaceKind(
    { current: file.malpractice ? [file.malpractice] : [], former: file.formerMalpractice },
    malpractice === undefined ? undefined : malpractice === null ? [] : [malpractice],
    formerMalpractice,
    COVER,
    change,
  );
  const heldDea = replaceKind({ current: file.dea, former: file.formerDea }, dea, formerDea, DEA, change);
  if (licences) await placeLicences(tx, clientId, id, heldLicences!.current);
  return {
    ...(heldLicences && { formerLicences: toJson(tx, [...heldLicences.former]) }),
    ...(heldCover && {
      malpractice: heldCover.current[0] ? toJson(tx, { ...heldCover.current[0] }) : null,
      formerMalpractice: toJson(tx, [...heldCover.former]),
    }),
    ...(heldDea && { dea: toJson(tx, [...heldDea.current]), formerDea: toJson(tx, [...heldDea.former]) }),
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
