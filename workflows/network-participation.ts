import { continueAsNew } from '@temporalio/workflow';
import { type Action, PARTICIPATION_TRACKS } from '../domain/kernel/codes';
import type { TimerName } from '../domain/applications/events';
import { ApplicationRun } from './application-run';
import type { ApplicationInput } from './messages';

const ACTIONS: readonly Action[] = [
  ...([
    'contacts',
    'confirmations',
    'approval',
    'notes',
    'assignment',
    'corrections',
    'playbook-migration',
    'details',
    'restore-review',
  ] as const),
  ...(['loading', 'directory', 'issues', 'issue-resolution', 'committee-date'] as const),
  ...(['recredentialing', 'change-notice', 'participation-end'] as const),
];
const TIMERS: readonly TimerName[] = [
  ...PARTICIPATION_TRACKS.flatMap((care) => [`followUp:${care}`, `escalation:${care}`] as const),
  ...([
    'effective',
    'participationEnd',
    'recredentialing:due',
    'recredentialing:reminder',
    'recredentialing:missed',
  ] as const),
];

/** Looks after a participation: loading, directory, issues, changes, and the recredentialing in time. */
export async function lookAfterParticipation(participation: ApplicationRun): Promise<void> {
  await participation.remainInPart({
    does: 'in network from the effective date; see to loading, directory and recredentialing',
    actions: ACTIONS,
    timers: TIMERS,
  });
}

/**
 * Runs the participation that follows a confirmed application: takes corrections of its facts, and its ending, until
 * the span has ended.
 */
export async function networkParticipation(input: ApplicationInput): Promise<void> {
  const participation = new ApplicationRun(input);
  while (participation.progress.participating) {
    await lookAfterParticipation(participation);
    if (!participation.isLong()) continue;
    await participation.drain();
    if (participation.progress.participating)
      await continueAsNew<typeof networkParticipation>(participation.continueAsNewInput());
  }
  await participation.drain();
}
