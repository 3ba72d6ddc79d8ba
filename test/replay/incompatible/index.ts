import { sleep } from '@temporalio/workflow';
import * as workflows from '../../../workflows';
import type { ApplicationInput } from '../../../workflows/messages';

export { networkParticipation } from '../../../workflows';

/** What a careless change could look like: every application now rests a day before its first step. */
export async function payerApplication(input: ApplicationInput): Promise<void> {
  await sleep('1 day');
  await workflows.payerApplication(input);
}
