import { continueAsNew } from '@temporalio/workflow';
import type { Stage } from '../domain/codes';
import { isOpen } from '../domain/application/state';
import { Keeper } from './keeper';
import type { ApplicationInput } from './messages';

/** The procedure as a credentialing specialist tells it; what leads from stage to stage is in domain/application. */
const PROCEDURE: Partial<Record<Stage, string>> = {
  preparing: 'gather what the payer wants on file; the file moves it on by itself',
  awaiting_attestation: 'the provider attests in CAQH and authorises this payer',
  ready_to_submit: 'submit by the payer’s channel and keep the proof',
  submitted: 'confirm receipt; twice no record means a new attempt',
  in_review: 'ask at the payer’s cadence until it decides',
  information_requested: 'return every item before the payer’s deadline',
  approved: 'chase contract, effective date, provider ID and claims route, each with its proof; not billable before',
  panel_closed: 'look again when the panel may have opened',
  denied: 'appeal or resubmit within the window, or let it close',
};

/** One payer application, from the first look at the file until it is confirmed, denied for good, or withdrawn. */
export async function payerApplication(input: ApplicationInput): Promise<void> {
  const application = new Keeper(input, PROCEDURE);
  while (isOpen(application.state)) {
    await application.attend();
    if (!application.isLong()) continue;
    await application.drain();
    if (isOpen(application.state)) await continueAsNew<typeof payerApplication>(application.handover());
  }
  await application.drain();
}
