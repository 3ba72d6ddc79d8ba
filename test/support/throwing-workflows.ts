import type { ApplicationInput } from '../../workflows/messages';

/** A build that fails every task of an application's workflow. */
export async function payerApplication({ applicationId }: ApplicationInput): Promise<void> {
  throw new Error(`a build with a fault, in ${applicationId}`);
}
