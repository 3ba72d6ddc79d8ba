import {
  condition,
  continueAsNew,
  log,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  setDefaultSignalHandler,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { SentKind, WatchType } from '../domain/kernel/codes';
import { changedSignal, type Send, type Wake, type WatchInput } from './messages';
import { RECORDING } from './recording';

/** An instant that has passed already is waited for this long, so that no step makes a watch spin. */
const LEAST_MS = 1000;

const { wake } = proxyLocalActivities<Wake>(RECORDING);

/** For days where it has to be; where the server has fairness on, one client's thousands don't keep another's one waiting. */
const sendOut = ({ fairnessKey, ...what }: { kind: SentKind; id: string; fairnessKey: string }) =>
  proxyActivities<Send>({
    startToCloseTimeout: '2 minutes',
    retry: { initialInterval: '30 s', backoffCoefficient: 2, maximumInterval: '1 hour' },
    priority: { fairnessKey },
  }).send({ ...what, at: new Date().toISOString() });

/**
 * Watches over a subject: takes its step now, whenever it is told of a change, and at the instant that the step names,
 * until there is nothing left to wait for. What is known of the subject is in the record; this is its clock.
 */
async function watch(type: WatchType, input: WatchInput): Promise<void> {
  let changed = false;
  setHandler(changedSignal, () => {
    changed = true;
  });
  setDefaultSignalHandler((name) => log.warn('unknown signal', { name }));
  for (;;) {
    changed = false;
    const { next, send } = await wake({ watch: type, subject: input.subject, at: new Date().toISOString() });
    setCurrentDetails(next ? `Wakes at ${next}, or when something changes` : 'Nothing left to wait for');
    if (send) await sendOut(send);
    else if (next !== null)
      await condition(() => changed || isLong(input), Math.max(LEAST_MS, Date.parse(next) - Date.now()));
    else if (!changed) return;
    // the next run takes a step first of all: nothing that was heard here is lost
    if (isLong(input)) await continueAsNew<(input: WatchInput) => Promise<void>>(input);
  }
}

function isLong({ continueAfter }: WatchInput): boolean {
  const { historyLength, continueAsNewSuggested } = workflowInfo();
  return continueAfter ? historyLength > continueAfter : continueAsNewSuggested;
}

/** Asks what is open about a relationship with a platform, until all is answered, and again after a year. */
export async function platformInquiry(input: WatchInput): Promise<void> {
  await watch('platformInquiry', input);
}

/** Has somebody look whether the platform still works while a direct application runs beside it. */
export async function platformCheck(input: WatchInput): Promise<void> {
  await watch('platformCheck', input);
}

/** Tells when the gate's answer for an application's scope becomes another one. */
export async function billingReadiness(input: WatchInput): Promise<void> {
  await watch('billingReadiness', input);
}

/** Has somebody ask after a practice's enrolments that should have become active. */
export async function enrolmentChase(input: WatchInput): Promise<void> {
  await watch('enrolmentChase', input);
}

/** Keeps a person's attestation and documents from lapsing: reminds of each before its end, and tells when it has passed. */
export async function providerUpkeep(input: WatchInput): Promise<void> {
  await watch('providerUpkeep', input);
}

/** Sends a recipient what is queued for them, within the hours in which people are written to. */
export async function outreach(input: WatchInput): Promise<void> {
  await watch('outreach', input);
}

/** Asks for the month's list of the excluded where it is late. */
export async function exclusionList(input: WatchInput): Promise<void> {
  await watch('exclusionList', input);
}

/** Asks CAQH how a person stands, politely, and has them put on the roster where somebody wishes. */
export async function caqhStatus(input: WatchInput): Promise<void> {
  await watch('caqhStatus', input);
}

/** Asks NPPES what it has under a person's NPI. */
export async function nppesRecord(input: WatchInput): Promise<void> {
  await watch('nppesRecord', input);
}

/** Delivers to an endpoint what waits for it. */
export async function webhook(input: WatchInput): Promise<void> {
  await watch('webhook', input);
}

/** Ends a provider or a client: what is due at once, and what is once the last day has passed. */
export async function ending(input: WatchInput): Promise<void> {
  await watch('ending', input);
}

/** Purges what has been kept long enough of somebody who left. */
export async function retention(input: WatchInput): Promise<void> {
  await watch('retention', input);
}
