import type { Action, Outcome, Stage, WaitingOn } from '../kernel/codes';
import type { Instant, PlainDate } from '../time/instants';
import type { TimerName } from './events';

/**
 * The record's answer to an application's workflow, and all that the workflow knows: JSON, codes and dates only. `open`
 * and `participating` say which of the two workflows goes on; `waitingOn` and `nextFollowUpOn` are kept for lists of
 * workflows alone.
 */
export interface Progress {
  /** Number of the last event on record. */
  version: number;
  stage: Stage;
  attempt: number;
  /** Whether the application is open: `payerApplication` runs that long. */
  open: boolean;
  /** Whether its participation goes on: `networkParticipation` runs that long. */
  participating: boolean;
  waitingOn: WaitingOn;
  /** The date of the next follow-up where the payer is, or of the last that fired; null if none was armed. */
  nextFollowUpOn: PlainDate | null;
  /**
   * When to ask the record again, and the timer that falls due then, or that a step that was set aside is tried again;
   * null: never. It is later than the instant at which the record was asked, though not always than its own last one,
   * as a contact may move a follow-up nearer; and it is the follow-up's own instant: wakes are not spread.
   */
  next: { at: Instant; timer: TimerName | 'set_aside' } | null;
}

/** An obstacle keeps an action from being taken in a stage that has it; each is a problem of the HTTP contract. */
export type Obstacle =
  | 'not_submitted'
  | 'no_approval_awaited'
  | 'unknown_attempt'
  | 'not_paused'
  | 'not_held'
  | 'participation_over'
  | 'no_unresolved_issue';

/** Why an action is refused; maps one to one to a problem of the HTTP contract. */
export type Refusal =
  | {
      type: 'action_not_allowed';
      stage: Stage;
      /** Left out: the stage itself. */
      because?: Obstacle;
      /** The action would be taken with `outOfOrder`; left out: it would not. */
      outOfOrder?: true;
      allowedActions: Action[];
      allowedOutcomes: Outcome[];
    }
  | { type: 'stale_version'; version: number }
  | { type: 'unknown_entry' }
  | { type: 'not_correctable' }
  /** The user who recorded a fact tries to approve it. */
  | { type: 'second_person_needed' }
  /** The record has no such command of this application: it was never kept, or lost when PostgreSQL was restored. */
  | { type: 'unknown_command' }
  | { type: 'open_application_exists'; existingId: string }
  /** Recording it failed again and again: it waits for a person. The cause is a name or code. */
  | { type: 'set_aside'; cause: string };
