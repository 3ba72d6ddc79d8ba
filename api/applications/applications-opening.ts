import { readClock } from '../../runtime/clock';
import { FACTS } from '../../domain/kernel/codes';
import type { ApplicationKey } from '../../domain/applications/events';
import { readParties, type Parties } from '../../record/applications/parties';
import { openApplication } from '../../record/applications/opening';
import type { Principal } from '../../record/kernel/principal';
import type { Deps } from '../kernel/deps';
import { refuseFields, Problem, type FieldError } from '../kernel/errors';
import type { ApplicationInput } from './applications-schemas';
import { UNKNOWN_REFERENCE } from '../kernel/schemas';
import { checkFacts } from './applications-checks';

interface Opening {
  principal: Principal;
  body: ApplicationInput;
  /** The id of the application and of the command that opens it. */
  id: string;
}

/**
 * Opens an application, or adopts it: it is on record, and starting. `started` is false if its workflow did not start
 * in time, and the relay starts it.
 */
export async function openOrAdopt(
  { sql, dispatch, patienceMs }: Pick<Deps, 'sql' | 'dispatch' | 'patienceMs'>,
  { principal, body, id }: Opening,
): Promise<{ started: Promise<boolean> }> {
  const key = buildKey(body);
  const ground = await readParties(sql, principal, key);
  const errors = listSubjectErrors(key, ground);
  // a confirmation is compared with both
  if (!ground.practice || !ground.playbook) throw refuseFields(...errors);
  const { clientId, ended } = ground.practice;
  await checkFacts(sql, { ...key, applicationId: null, clientId, ground }, listAdoptedFacts(body), errors);
  if (ended || ground.provider?.ended) throw new Problem('ended');

  const at = readClock();
  const request = { id, clientId, key, body, at };
  const opened = await openApplication(sql, request, principal);
  if ('existingId' in opened) throw new Problem('application_exists', opened);
  const started = opened.run.progress.open ? dispatch.startWithin(opened.run, patienceMs) : Promise.resolve(true);
  return { started };
}

const buildKey = ({ providerId, practiceId, payerId, state, lineOfBusiness, kind, locationId }: ApplicationInput) =>
  ({
    providerId: providerId ?? null,
    practiceId,
    payerId,
    state,
    lineOfBusiness,
    kind,
    locationId: locationId ?? null,
  }) satisfies ApplicationKey;

const MERGED = { rule: 'merged', message: 'was merged into another; name that one instead' };

/** Lists references that the caller may not see, or that do not belong together. */
function listSubjectErrors(
  { providerId, locationId }: ApplicationKey,
  { practice, provider, playbook, payerMerged }: Parties,
): FieldError[] {
  const buildUnknownError = (path: string) => ({ path, ...UNKNOWN_REFERENCE });
  const errors: (FieldError | false)[] = [
    !practice && buildUnknownError('practiceId'),
    !playbook && buildUnknownError('payerId'),
    practice?.merged === true && { path: 'practiceId', ...MERGED },
    payerMerged === true && { path: 'payerId', ...MERGED },
    providerId !== null && !provider && buildUnknownError('providerId'),
    practice !== null &&
      provider !== null &&
      practice.clientId !== provider.clientId && {
        path: 'providerId',
        rule: 'same_client',
        message: "must be a provider of the practice's client",
      },
    practice !== null &&
      locationId !== null &&
      !practice.locationIds.includes(locationId) &&
      buildUnknownError('locationId'),
  ];
  return errors.filter((error) => error !== false);
}

const listAdoptedFacts = ({ adopt }: ApplicationInput) =>
  FACTS.flatMap((fact) => {
    const given = adopt?.confirmations?.[fact];
    return given ? [{ fact, given, path: `adopt.confirmations.${fact}.` }] : [];
  });
