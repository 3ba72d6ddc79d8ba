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

/**
 * Sends something out, for days if it has to be; if the server has fairness on, one client's thousands don't keep
 * another's one waiting.
 */
const sendOut = ({ fairnessKey, ...what }: { kind: SentKind; id: string; fairnessKey: string }) =>
  proxyActivities<Send>({
    startToCloseTimeout: '2 minutes',
    retry: { initialInterval: '30 s', backoffCoefficient: 2, maximumInterval: '1 hour' },
    priority: { fairnessKey },
  }).send({ ...what, at: new Date().toISOString() });

/**
 * Watches over a subject: takes its step now, whenever a change is signalled, and at the instant that the step names,
 * until there is nothing left to wait for. The record has all knowledge about the subject; this is its clock.
 */
async function watchSubject(type: WatchType, input: WatchInput): Promise<void> {
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
    // the next run takes a step first of all: no signal is lost
    if (isLong(input)) await continueAsNew<(input: WatchInput) => Promise<void>>(input);
  }
}

function isLong({ continueAfter }: WatchInput): boolean {
  const { historyLength, continueAsNewSuggested } = workflowInfo();
  return continueAfter ? historyLength > continueAfter : continueAsNewSuggested;
}

/** Asks the open questions about a relationship with a platform until all are answered, and again after a year. */
export async function platformInquiry(input: WatchInput): Promise<void> {
  await watchSubject('platformInquiry', input);
}

/** Creates tasks to check that the platform still bills while a direct application runs. */
export async function platformCheck(input: WatchInput): Promise<void> {
  await watchSubject('platformCheck', input);
}

/** Emits an event when the billing readiness of an application's scope changes. */
export async function billingReadiness(input: WatchInput): Promise<void> {
  await watchSubject('billingReadiness', input);
}

/** Creates tasks to ask about a practice's enrolments that should have become active. */
export async function enrolmentChase(input: WatchInput): Promise<void> {
  await watchSubject('enrolmentChase', input);
}

/** Keeps a person's attestation and documents from lapsing: reminds before each ends, and notifies once it has lapsed. */
export async function providerUpkeep(input: WatchInput): Promise<void> {
  await watchSubject('providerUpkeep', input);
}

/** Sends a recipient the messages queued for them, within mailing hours. */
export async function outreach(input: WatchInput): Promise<void> {
  await watchSubject('outreach', input);
}

/** Fetches the month's exclusion list, and creates a task if it is late. */
export async function exclusionList(input: WatchInput): Promise<void> {
  await watchSubject('exclusionList', input);
}

/** Asks CAQH for a person's status within its rate limits, and requests a place on the roster if a user wants it. */
export async function caqhStatus(input: WatchInput): Promise<void> {
  await watchSubject('caqhStatus', input);
}

/** Fetches the NPPES record of a person's NPI. */
export async function nppesRecord(input: WatchInput): Promise<void> {
  await watchSubject('nppesRecord', input);
}

/** Delivers the waiting events to an endpoint. */
export async function webhook(input: WatchInput): Promise<void> {
  await watchSubject('webhook', input);
}

/** Ends a provider or a client: some items at once, the others after the last day. */
export async function ending(input: WatchInput): Promise<void> {
  await watchSubject('ending', input);
}

/** Purges the data of a departed provider or client once its retention has passed. */
export async function retention(input: WatchInput): Promise<void> {
  await watchSubject('retention', input);
}
