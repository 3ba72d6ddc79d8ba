import { continueAsNew } from '@temporalio/workflow';
import type { Action, Stage } from '../domain/kernel/codes';
import type { TimerName } from '../domain/applications/events';
import { ApplicationRun } from './application-run';
import type { ApplicationInput } from './messages';

/**
 * The procedure as a credentialing specialist would describe it: one function for each part. The record
 * (domain/applications) decides what an action leads to, so nothing here filters: the actions and timers say what a
 * part usually waits for.
 */

const WHENEVER_OPEN: readonly Action[] = [
  ...(['contacts', 'restoration', 'withdrawal', 'pause', 'resume', 'restore-review'] as const),
  ...(['approval', 'notes', 'assignment', 'corrections', 'playbook-migration', 'details'] as const),
];
const SINCE_SUBMISSION: readonly Action[] = [...WHENEVER_OPEN, 'contract', 'confirmations'];

const CREDENTIALING: readonly TimerName[] = ['followUp:credentialing', 'escalation:credentialing'];
/** The contract is a track of its own: sent early or late, it is chased in every stage. */
const WHENEVER: readonly TimerName[] = ['file', 'pauseEnd', 'followUp:contracting', 'escalation:contracting'];

/** Gathers what the payer wants on file: the file itself, or a waiver, ends this part. */
export async function gatherFile(application: ApplicationRun): Promise<void> {
  await application.remainInPart({
    does: 'gather what the payer wants on file',
    actions: [...WHENEVER_OPEN, 'waivers'],
    timers: [...WHENEVER, ...CREDENTIALING, 'escalation:step'],
    mayFireEarly: true,
  });
}

/** Has the provider attest in CAQH, and authorise this payer there. */
export async function attestInCaqh(application: ApplicationRun): Promise<void> {
  await application.remainInPart({
    does: 'the provider attests in CAQH, and authorises this payer',
    actions: [...WHENEVER_OPEN, 'waivers'],
    timers: [...WHENEVER, ...CREDENTIALING, 'escalation:step'],
    mayFireEarly: true,
  });
}

/** Submits by the payer's channel, and keeps the proof. */
export async function submitAndKeepProof(application: ApplicationRun): Promise<void> {
  await application.remainInPart({
    does: 'submit by the payer’s channel, and keep the proof',
    actions: [...WHENEVER_OPEN, 'waivers', 'submission'],
    timers: [...WHENEVER, ...CREDENTIALING, 'escalation:step'],
    mayFireEarly: true,
  });
}

/** Confirms that the payer has it; a second look without a record of it means a new attempt. */
export async function confirmReceipt(application: ApplicationRun): Promise<void> {
  await application.remainInPart({
    does: 'confirm that the payer has it',
    actions: [...SINCE_SUBMISSION, 'resubmission'],
    timers: [...WHENEVER, ...CREDENTIALING],
  });
}

/** Follows up at the payer's cadence until it decides. */
export async function followUpUntilDecision(application: ApplicationRun): Promise<void> {
  await application.remainInPart({
    does: 'follow up until the payer decides',
    actions: [...SINCE_SUBMISSION, 'resubmission'],
    timers: [...WHENEVER, ...CREDENTIALING],
  });
}

/** Returns every item that the payer asked for, before its deadline. */
export async function returnInformation(application: ApplicationRun): Promise<void> {
  await application.remainInPart({
    does: 'return what was asked for, before the deadline',
    actions: [...SINCE_SUBMISSION, 'information', 'resubmission'],
    timers: [...WHENEVER, ...CREDENTIALING, 'escalation:step', 'informationDeadline'],
    mayFireEarly: true,
  });
}

/** Confirms contract, effective date, provider ID and claims route, each with its proof: approved is not yet billable. */
export async function confirmFourFacts(application: ApplicationRun): Promise<void> {
  await application.remainInPart({
    does: 'confirm contract, effective date, provider ID and claims route; not billable before',
    actions: SINCE_SUBMISSION,
    timers: [...WHENEVER, 'followUp:confirmation', 'escalation:confirmation'],
  });
}

/** Looks again when the panel may have opened. */
export async function recheckPanel(application: ApplicationRun): Promise<void> {
  await application.remainInPart({
    does: 'look again when the panel may have opened',
    actions: [...SINCE_SUBMISSION, 'resubmission'],
    timers: [...WHENEVER, ...CREDENTIALING],
  });
}

/** Appeals or resubmits within the window, or lets it close. */
export async function appealOrLetClose(application: ApplicationRun): Promise<void> {
  await application.remainInPart({
    does: 'appeal or resubmit within the window, or let it close',
    actions: [...SINCE_SUBMISSION, 'appeal', 'resubmission'],
    timers: [...WHENEVER, ...CREDENTIALING, 'escalation:step', 'appealWindow'],
    mayFireEarly: true,
  });
}

/** Waits for whatever the record has for a stage that this build does not know. */
async function waitForTheRecord(application: ApplicationRun): Promise<void> {
  await application.remainInPart({ does: 'wait for what the record says', actions: WHENEVER_OPEN, timers: WHENEVER });
}

/** The part that leads through an open application, by its stage. */
export const PARTS: Partial<Record<Stage, (application: ApplicationRun) => Promise<void>>> = {
  preparing: gatherFile,
  awaiting_attestation: attestInCaqh,
  ready_to_submit: submitAndKeepProof,
  submitted: confirmReceipt,
  in_review: followUpUntilDecision,
  information_requested: returnInformation,
  approved: confirmFourFacts,
  panel_closed: recheckPanel,
  denied: appealOrLetClose,
};

/** Runs one payer application, from the first look at the file until it is confirmed, denied for good, or withdrawn. */
export async function payerApplication(input: ApplicationInput): Promise<void> {
  const application = new ApplicationRun(input);
  while (application.progress.open) {
    const part = PARTS[application.progress.stage] ?? waitForTheRecord;
    await part(application);
    if (!application.isLong()) continue;
    await application.drain();
    if (application.progress.open) await continueAsNew<typeof payerApplication>(application.continueAsNewInput());
  }
  await application.drain();
}
