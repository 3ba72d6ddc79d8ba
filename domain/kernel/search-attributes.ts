/**
 * The attributes by which operators find workflows in Temporal, and the type of each: opaque ids, codes and dates. A
 * namespace has room for ten Keywords and three Datetimes.
 */
export const SEARCH_ATTRIBUTES = {
  CountersignApplicationId: 'KEYWORD',
  CountersignClientId: 'KEYWORD',
  CountersignPayerId: 'KEYWORD',
  CountersignPersonId: 'KEYWORD',
  /** The subject of a workflow that is about no application. */
  CountersignSubjectId: 'KEYWORD',
  CountersignStage: 'KEYWORD',
  CountersignWaitingOn: 'KEYWORD',
  CountersignNextFollowUpOn: 'DATETIME',
} as const;
