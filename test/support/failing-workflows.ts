import { ApplicationFailure } from '@temporalio/workflow';

/** A build that ends every run of an application's workflow as failed. */
export async function payerApplication(): Promise<void> {
  throw ApplicationFailure.nonRetryable('a build with a fault');
}
