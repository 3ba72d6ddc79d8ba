import { defineSearchAttributeKey, type SearchAttributeUpdatePair } from '@temporalio/common';
import type { Stage, WaitingOn } from '../domain/kernel/codes';
import type { PlainDate } from '../domain/time/instants';
import type { Progress } from '../domain/applications/progress';
import type { SEARCH_ATTRIBUTES } from '../domain/kernel/search-attributes';

const defineKeyword = (name: keyof typeof SEARCH_ATTRIBUTES) => defineSearchAttributeKey(name, 'KEYWORD');
export const stageAttribute = defineKeyword('CountersignStage');
export const waitingOnAttribute = defineKeyword('CountersignWaitingOn');
export const nextFollowUpOnAttribute = defineSearchAttributeKey(
  'CountersignNextFollowUpOn' satisfies keyof typeof SEARCH_ATTRIBUTES,
  'DATETIME',
);

/** The progress that a run shows to lists of workflows. */
export interface ShownProgress {
  stage: Stage;
  waitingOn: WaitingOn;
  nextFollowUpOn: PlainDate | null;
}

export const selectShownProgress = ({ stage, waitingOn, nextFollowUpOn }: Progress): ShownProgress => ({
  stage,
  waitingOn,
  nextFollowUpOn,
});

/** Builds the attributes of a progress; a date is the first instant of it in UTC, and nothing if there is none. */
export function buildAttributes({ stage, waitingOn, nextFollowUpOn }: ShownProgress): SearchAttributeUpdatePair[] {
  return [
    { key: stageAttribute, value: stage },
    { key: waitingOnAttribute, value: waitingOn },
    { key: nextFollowUpOnAttribute, value: nextFollowUpOn === null ? null : new Date(`${nextFollowUpOn}T00:00:00Z`) },
  ];
}
