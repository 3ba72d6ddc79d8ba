import type { z } from 'zod';
import { addOnce } from '../kernel/duplicates';
import { correctNpi } from '../../record/registry/npi-correction';
import { toInstant } from '../../domain/time/dates';
import { readClock } from '../../runtime/clock';
import { computeAttestationDueOn, listKnownLicences } from '../../domain/registry/attestation';
import { toLocalDate } from '../../domain/time/calendar';
import { findClient } from '../../record/registry/clients';
import {
  createProvider,
  findProvider,
  listProviders,
  updateProvider,
  type Provider,
  type RegistryState,
} from '../../record/registry/providers';
import { DEA_NUMBERS, maskNumber, POLICY_NUMBERS } from '../../record/registry/held-terms';
import { MASK } from '../../domain/kernel/identifiers';
import { listFileChanges } from '../../record/applications/changes';
import type { Deps } from '../kernel/deps';
import { Problem, type FieldError } from '../kernel/errors';
import { answerPage } from '../kernel/listing';
import { answerCreated, answerOk, route, type Route } from '../kernel/route';
import { fileChanges } from './changes-schemas';
import { describePage, pageQuery } from '../kernel/schemas';
import { NOT_SHOWN, npiCorrection, provider, providerInput, providerPatch } from './providers-schemas';
import { refuseErrors } from '../kernel/validation';

const tag = 'providers';

// The person behind a provider is not shown: by its id two clients would find each other.
/** Shows a provider with the last four characters of DEA and policy numbers. */
export function showProvider({
  personId: _,
  fullName: _name,
  timeZone,
  attestedOn,
  legalHold: _hold,
  hereSince: _since,
  registryLicences,
  purged,
  ...shown
}: Provider) {
  const today = toLocalDate(readClock(), timeZone);
  const dueOn =
    attestedOn &&
    computeAttestationDueOn(
      attestedOn,
      listKnownLicences([...shown.licences, ...shown.formerLicences], registryLicences),
      today,
    );
  const { caqh, nppes } = shown.registries;
  return {
    ...shown,
    malpractice: shown.malpractice && maskNumber(POLICY_NUMBERS, shown.malpractice),
    formerMalpractice: shown.formerMalpractice.map((one) => maskNumber(POLICY_NUMBERS, one)),
    dea: shown.dea.map((one) => maskNumber(DEA_NUMBERS, one)),
    formerDea: shown.formerDea.map((one) => maskNumber(DEA_NUMBERS, one)),
    secretsPurgedAt: purged.secrets ?? null,
    attestation: dueOn && { attestedOn, dueOn, current: today <= dueOn },
    registries: { caqh: showRegistryState(caqh), nppes: showRegistryState(nppes) },
  };
}

/** Lists the numbers of a patch that are shown parts of numbers which are not on file. */
function listUnknownNumbers(
  subject: Provider,
  { malpractice, formerMalpractice, dea, formerDea }: Patch,
): FieldError[] {
  const known = showProvider(subject);
  const policies = new Set([known.malpractice, ...known.formerMalpractice].map((one) => one?.policyNumber));
  const registrations = new Set([...known.dea, ...known.formerDea].map(({ number }) => number));
  const checkNumber = (path: string, given: string, numbers: ReadonlySet<string | undefined>): FieldError[] =>
    given.startsWith(MASK) && !numbers.has(given) ? [{ path, ...NOT_SHOWN }] : [];
  return [
    ...(malpractice ? checkNumber('malpractice.policyNumber', malpractice.policyNumber, policies) : []),
    ...(formerMalpractice ?? []).flatMap(({ policyNumber }, place) =>
      checkNumber(`formerMalpractice.${place}.policyNumber`, policyNumber, policies),
    ),
    ...(dea ?? []).flatMap(({ number }, place) => checkNumber(`dea.${place}.number`, number, registrations)),
    ...(formerDea ?? []).flatMap(({ number }, place) =>
      checkNumber(`formerDea.${place}.number`, number, registrations),
    ),
  ];
}
type Patch = z.infer<typeof providerPatch>;

const toUtc = (instant: string | null) => instant && toInstant(Date.parse(instant));

function showRegistryState({ checkedAt, unavailableSince, nextCheckAt, ...state }: RegistryState) {
  return {
    ...state,
    checkedAt: toUtc(checkedAt),
    unavailableSince: toUtc(unavailableSince),
    nextCheckAt: toUtc(nextCheckAt),
  };
}

export const providerRoutes = ({ sql, keyring }: Deps): Route[] => [
  route({
    method: 'post',
    path: '/v1/clients/{id}/providers',
    summary: 'Add a provider to a client',
    description: 'A client has each NPI once. A provider who left earlier comes back through `return`.',
    tag,
    access: 'registry:write',
    subject: ({ principal, params }) => findClient(sql, principal, params.id),
    body: providerInput,
    responses: { 201: { description: 'The provider', schema: provider } },
    handler: async ({ principal, subject, body, commandId }) => {
      if (subject.endedOn !== null) throw new Problem('ended');
      const result = await createProvider(sql, keyring, principal, commandId, subject.id, body);
      if ('existingId' in result) {
        const { hasLeft, existingId } = result;
        throw new Problem(hasLeft ? 'left_before' : 'duplicate_provider', { existingId });
      }
      return answerCreated(`/v1/providers/${result.provider.id}`, showProvider(result.provider));
    },
  }),
  route({
    method: 'get',
    path: '/v1/clients/{id}/providers',
    summary: "List a client's providers",
    tag,
    access: 'registry:read',
    subject: ({ principal, params }) => findClient(sql, principal, params.id),
    query: pageQuery,
    responses: { 200: { description: 'Providers in order of creation', schema: describePage(provider) } },
    handler: async ({ principal, subject, query }) =>
      answerPage(await listProviders(sql, principal, subject.id, query), showProvider),
  }),
  route({
    method: 'get',
    path: '/v1/providers/{id}',
    summary: 'Read a provider',
    tag,
    access: 'registry:read',
    subject: ({ principal, params }) => findProvider(sql, principal, params.id),
    responses: { 200: { description: 'The provider', schema: provider } },
    handler: async ({ subject }) => answerOk(showProvider(subject)),
  }),
  route({
    method: 'get',
    path: '/v1/providers/{id}/changes',
    summary: 'List the changes of a provider and the applications that they affect',
    description: 'The latest change comes first, with the applications that it affects and what each of them needs.',
    tag,
    access: 'registry:read',
    subject: ({ principal, params }) => findProvider(sql, principal, params.id),
    responses: { 200: { description: 'The changes', schema: fileChanges } },
    handler: async ({ principal, subject }) => answerOk({ items: await listFileChanges(sql, principal, subject.id) }),
  }),
  route({
    method: 'patch',
    path: '/v1/providers/{id}',
    summary: 'Change a provider',
    description:
      'Fields that are left out stay as they are; a list replaces the whole list; null clears `firstName`, `middleName`, `suffix`, `caqhId`, `taxonomyCode` and `malpractice`. ' +
      'A later `expiresOn` of a licence, policy or DEA registration on file is a renewal: the term before it is kept in `formerLicences`, `formerMalpractice` or `formerDea`, and the days between the two are a gap, unless `startsOn` is the day after. ' +
      'Without `startsOn` the new term begins the day after the one that it renews, or on `changedOn` where that is over. ' +
      'An entry that is left out of a list or replaced by another number ended the day before `changedOn`, or where its successor begins, and is kept likewise. ' +
      'An earlier `expiresOn` ends the term earlier. With `correction` nothing is kept: the term on file was written wrongly. ' +
      'Where a list leaves nothing of a state, former terms of it end the day before `changedOn` at the latest, with `correction` too. ' +
      'A former list that is given replaces the whole list too. ' +
      'An NPI that was entered wrongly is put right by its correction.',
    tag,
    access: 'registry:write',
    subject: ({ principal, params }) => findProvider(sql, principal, params.id),
    body: providerPatch,
    responses: { 200: { description: 'The provider as it is now', schema: provider } },
    handler: async ({ principal, subject, body, ifMatch }) => {
      // nothing would purge it a second time
      if (
        subject.endedOn !== null &&
        subject.purged.secrets &&
        (body.malpractice || body.dea || body.formerMalpractice || body.formerDea)
      )
        throw new Problem('ended');
      refuseErrors(listUnknownNumbers(subject, body));
      return answerOk(showProvider(await updateProvider(sql, keyring, principal, subject, body, ifMatch)));
    },
  }),
];

export const npiCorrectionRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'post',
    path: '/v1/providers/{id}/npi-correction',
    summary: 'Put right an NPI that was entered wrongly',
    description:
      'All that this client has recorded goes along, as if the right NPI had been on file from the start; what registries and ' +
      'other clients know of the wrong one does not. NPPES and CAQH are asked about the right one, and the list of ' +
      'exclusions is searched for it.',
    tag,
    access: 'registry:write',
    subject: ({ principal, params }) => findProvider(sql, principal, params.id),
    body: npiCorrection,
    responses: { 200: { description: 'The provider as it is now', schema: provider } },
    handler: async ({ principal, subject, body, ifMatch }) => {
      if (subject.endedOn !== null) throw new Problem('ended');
      return answerOk(
        showProvider(await addOnce('duplicate_provider', () => correctNpi(sql, principal, subject, body, ifMatch))),
      );
    },
  }),
];
