import type { ApplicationKey } from './events';

/** Builds the key as one string of opaque ids and codes; at most one application is open for it. */
export const buildNaturalKey = (key: ApplicationKey): string =>
  [
    key.practiceId,
    key.providerId ?? 'group',
    key.payerId,
    key.state,
    key.lineOfBusiness,
    key.kind,
    ...(key.locationId ? [key.locationId] : []),
  ].join('/');

/** Builds the id of the workflow that runs whichever application is open for a key. */
export const buildApplicationWorkflowId = (key: ApplicationKey): string => `application/${buildNaturalKey(key)}`;

/**
 * Reads the natural key or the application's id that the id of a workflow of an application names; neither if it is
 * another's.
 */
export function readWorkflowId(workflowId: string): { naturalKey?: string; applicationId?: string } {
  const [type, ...named] = workflowId.split('/');
  const name = named.join('/');
  return type === 'application' ? { naturalKey: name } : type === 'participation' ? { applicationId: name } : {};
}

/** Builds the id of the workflow that keeps a confirmed application's participation. */
export const buildParticipationWorkflowId = (applicationId: string): string => `participation/${applicationId}`;
