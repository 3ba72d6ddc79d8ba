import type { ApplicationKey } from './events';

/** The key as one string of opaque ids and codes; at most one application is open for it. */
export const naturalKey = (key: ApplicationKey): string =>
  [
    key.practiceId,
    key.providerId ?? 'group',
    key.payerId,
    key.state,
    key.lineOfBusiness,
    key.kind,
    ...(key.locationId ? [key.locationId] : []),
  ].join('/');

/** The id of the workflow that runs whichever application is open for a key. */
export const applicationWorkflowId = (key: ApplicationKey): string => `application/${naturalKey(key)}`;

/** The id of the workflow that keeps a confirmed application's participation. */
export const participationWorkflowId = (applicationId: string): string => `participation/${applicationId}`;
