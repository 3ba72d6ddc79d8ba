import { upsertMemo } from '@temporalio/workflow';
import * as workflows from '../../../workflows';

/** An example of a careless change: every run now leaves a note before its first step. */
const careless =
  <Input>(workflow: (input: Input) => Promise<void>) =>
  (input: Input) => {
    upsertMemo({ begun: true });
    return workflow(input);
  };

export const payerApplication = careless(workflows.payerApplication);
export const networkParticipation = careless(workflows.networkParticipation);
export const platformInquiry = careless(workflows.platformInquiry);
export const providerUpkeep = careless(workflows.providerUpkeep);
export const outreach = careless(workflows.outreach);
export const caqhStatus = careless(workflows.caqhStatus);
export const nppesRecord = careless(workflows.nppesRecord);
export const exclusionList = careless(workflows.exclusionList);
export const ending = careless(workflows.ending);
export const retention = careless(workflows.retention);
