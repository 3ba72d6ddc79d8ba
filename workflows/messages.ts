import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { UpdateDefinition } from '@temporalio/common';
import { ACTIONS, INTERNAL_ACTIONS, type Action, type Outcome, type SentKind, type WatchType } from '../domain/codes';
import type { ApplicationEvent, Instant, TimerName } from '../domain/application/events';
import type { ApplicationState } from '../domain/application/state';
import type { Refusal } from '../domain/application/transitions';

/** What both workflows start from: a fold of the application's events. JSON only. */
export interface ApplicationInput {
  state: ApplicationState;
  /** Commands of late, so that a repeated one is known across continue-as-new: [command id, version it led to]. */
  recent?: [string, number][];
  /** The file changed while the last run ended. */
  fileChanged?: boolean;
  /** Of tests: continue as new once the history is this long, instead of when the server suggests it. */
  continueAfter?: number;
}

/** A person's command on the way to the workflow: ids, codes and dates; its words are in the record. */
export interface ActionMessage {
  commandId: string;
  outcome?: Outcome;
  outOfOrder?: boolean;
  attempt?: number;
  version?: number;
}

/** Version of the application with the command recorded. */
export interface ActionResult {
  version: number;
}

/** One update for each action, named like it. */
export const actionUpdates = Object.fromEntries(
  [...ACTIONS, ...INTERNAL_ACTIONS].map((action) => [action, defineUpdate<ActionResult, [ActionMessage]>(action)]),
) as Record<Action, UpdateDefinition<ActionResult, [ActionMessage]>>;

/** Something in the file that this application rests on has changed; what, the recording step reads. */
export const fileChangedSignal = defineSignal('fileChanged');

/** The state as the workflow knows it. */
export const applicationStateQuery = defineQuery<ApplicationState>('applicationState');

/** The failure type of an update that was refused; its one detail is the `Refusal`. */
export const REFUSED = 'Refused';

/** What the recording step is asked and answers (record/step.ts). */
export interface RecordStep {
  recordStep(request: {
    applicationId: string;
    knownVersion: number;
    at: Instant;
    intent:
      { type: 'command'; commandId: string } | { type: 'timer'; timer: TimerName; due: Instant } | { type: 'file' };
  }): Promise<{ events: ApplicationEvent[]; state?: ApplicationState; refusal?: Refusal }>;
}

/** What a watch starts from, and continues as new with: all else is in the record. */
export interface WatchInput {
  /** The id of what it watches over. */
  subject: string;
  /** Of tests: continue as new once the history is this long, instead of when the server suggests it. */
  continueAfter?: number;
}

/** Something has changed that the subject's next instant may depend on; what, the step reads. */
export const changedSignal = defineSignal('changed');

/** What a watch's step is asked and answers (record/watches.ts). */
export interface Wake {
  wake(request: { watch: WatchType; subject: string; at: Instant }): Promise<{
    /** When to wake again; null: there is nothing left to wait for. */
    next: Instant | null;
    /** What is to go out first. */
    send?: { kind: SentKind; id: string; fairnessKey: string };
  }>;
}

/**
 * What goes to the outside (activities/outreach.ts): a mail at most once, or a person is asked; of an endpoint what
 * waits for it at that instant.
 */
export interface Send {
  send(what: { kind: SentKind; id: string; at?: Instant }): Promise<void>;
}
