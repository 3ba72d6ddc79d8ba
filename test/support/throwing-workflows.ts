import type { ApplicationInput, WatchInput } from '../../workflows/messages';

/* A build that fails every task of a workflow. */

export async function payerApplication({ applicationId }: ApplicationInput): Promise<void> {
  throw new Error(`a build with a fault, in ${applicationId}`);
}

export async function providerUpkeep({ subject }: WatchInput): Promise<void> {
  throw new Error(`a build with a fault, for ${subject}`);
}
