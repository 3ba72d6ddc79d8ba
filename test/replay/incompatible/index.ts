import { upsertMemo } from '@temporalio/workflow';
import * as workflows from '../../../workflows';
import type { ApplicationInput } from '../../../workflows/messages';

export { networkParticipation } from '../../../workflows';

/** What a careless change could look like: every application now leaves a note before its first step. */
export async function payerApplication(input: ApplicationInput): Promise<void> {
  upsertMemo({ begun: true });
  await workflows.payerApplication(input);
}
