import { upsertMemo } from '@temporalio/workflow';
import * as workflows from '../../../workflows';
import type { ApplicationInput } from '../../../workflows/messages';

/** What a careless change could look like: every run now leaves a note before its first step. */
const careless = (workflow: (input: ApplicationInput) => Promise<void>) => (input: ApplicationInput) => {
  upsertMemo({ begun: true });
  return workflow(input);
};

export const payerApplication = careless(workflows.payerApplication);
export const networkParticipation = careless(workflows.networkParticipation);
