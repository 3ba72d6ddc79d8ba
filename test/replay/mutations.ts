import type { Edit } from '../support/next-version';

/* Changes of the rules that a next version might bring. */

export const REDUCER: Record<string, Edit[]> = {
  '`received` leads nowhere': [
    {
      file: 'reduce',
      from: 'if (lost) restoreAttempt(s, lost, e);\n    enterReview(s, data, e);',
      to: 'if (lost) restoreAttempt(s, lost, e);\n    s.submitted = true;',
    },
  ],
  '`information` keeps the stage': [
    {
      file: 'reduce',
      from: "  s.outstanding = [];\n  if (s.stage === 'information_requested') enterStage(s, 'in_review', e);",
      to: '  s.outstanding = [];\n  void e;',
    },
  ],
  'a denial closes at once': [
    {
      file: 'reduce',
      from: "moveTo('denied')(s, data, e);",
      to: "moveTo('denied')(s, data, e), closeApplication(s, e);",
    },
  ],
};
export const SCHEDULE: Record<string, Edit[]> = {
  'a follow-up fires only once it is overdue': [
    { file: 'schedule', from: 'armTimer(`followUp:${track}`, at);', to: 'armTimer(`followUp:${track}`, dueAt);' },
  ],
  'a pause silences nothing': [{ file: 'schedule', from: 'silenced = isSilent', to: 'silenced = false' }],
};
export const TABLE: Record<string, Edit[]> = {
  'nothing may be paused': [{ file: 'transitions', from: 'pause: { in: OPEN }', to: 'pause: { in: [] }' }],
  'everything may be appealed': [
    { file: 'transitions', from: "appeal: { in: ['denied'] }", to: 'appeal: { in: OPEN }' },
  ],
};
export const RAISED: Edit = { file: 'reduce', from: 'RULES_VERSION = ', to: 'RULES_VERSION = 1000 + ' };
