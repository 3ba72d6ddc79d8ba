import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { UpdateDefinition } from '@temporalio/common';
import { ACTIONS, INTERNAL_ACTIONS, type Action, type SentKind, type WatchType } from '../domain/kernel/codes';
import type { Instant } from '../domain/time/instants';
import type { Progress, Refusal } from '../domain/applications/progress';

/** The input of both workflows of an application. JSON only. */
export interface ApplicationInput {
  applicationId: string;
  progress: Progress;
  /** The file changed while the last run ended. */
  fileChanged?: boolean;
  /** Only for tests: continue as new once the history is this long, instead of when the server suggests it. */
  continueAfter?: number;
}

/** A person's command on the way to the record, which holds what it says. */
export interface ActionMessage {
  commandId: string;
}

/** Version of the application with the command recorded. */
export interface ActionResult {
  version: number;
}

/** One update for each action, named like it. */
export const actionUpdates = Object.fromEntries(
  [...ACTIONS, ...INTERNAL_ACTIONS].map((action) => [action, defineUpdate<ActionResult, [ActionMessage]>(action)]),
) as Record<Action, UpdateDefinition<ActionResult, [ActionMessage]>>;

/** Something in the file that this application rests on has changed; the recording step reads what. */
export const fileChangedSignal = defineSignal('fileChanged');

/** The progress of the application, as its workflow knows it. */
export const progressQuery = defineQuery<Progress>('progress');

/** The failure type of an update that the record refused; its one detail is the `Refusal`. */
export const REFUSED = 'Refused';
/** The failure type of an update without a command id, which is a UUID. */
export const BAD_MESSAGE = 'BadMessage';

/** The thing to record: a command, whatever is due, or a file that reads differently. */
export type Intent = { type: 'command'; commandId: string } | { type: 'due' } | { type: 'file' };

/** The request and answer of the recording step (record/applications/recording-step.ts). */
export interface RecordStep {
  recordStep(request: {
    applicationId: string;
    /** The caller's knowledge: a record that knows less was restored to an earlier moment. */
    known: Pick<Progress, 'version' | 'stage' | 'attempt' | 'next'>;
    at: Instant;
    intent: Intent;
  }): Promise<{ progress: Progress; refusal?: Refusal }>;
}

/** The input of a watch, also when it continues as new: all else is in the record. */
export interface WatchInput {
  /** The id of what it watches over. */
  subject: string;
  /** Only for tests: continue as new once the history is this long, instead of when the server suggests it. */
  continueAfter?: number;
}

/** Something has changed that the subject's next instant may depend on; the step reads what. */
export const changedSignal = defineSignal('changed');

/** The request and answer of a watch's step (record/operations/watches.ts). */
export interface Wake {
  wake(request: { watch: WatchType; subject: string; at: Instant }): Promise<{
    /** When to wake again; null: there is nothing left to wait for. */
    next: Instant | null;
    /** The message that is to go out first. */
    send?: { kind: SentKind; id: string; fairnessKey: string };
  }>;
}

/**
 * Sends to the outside (activities/outreach.ts): a mail at most once, or a person is asked; for an endpoint what waits
 * for it at that instant.
 */
export interface Send {
  send(what: { kind: SentKind; id: string; at?: Instant }): Promise<void>;
}
