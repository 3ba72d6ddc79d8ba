import { ACTIONS, FACTS, OUTCOMES, STAGES, type Action, type Stage } from '../../../domain/kernel/codes';
import { COMPLETE, Paper, FACT_VALUES } from './paper';

/**
 * The stage that each action leads to from each situation, as on the product's page. Two cells of a row: as it is, and
 * with `outOfOrder` if that differs. `=` the stage stays, `.` refused, `+` a new attempt (complete on file, it is at
 * once ready to submit); otherwise the first letters of the stage.
 */
const TABLE = `
action                          preparing awaiting ready    submitted in_review information approved panel    panel_early denied   window_closed withdrawn confirmed
submission                      ./sub     ./sub    sub      ./=       ./=       ./=         ./=      ./+sub   ./sub       ./+sub   .             .         .
contacts:received               ./in_r    ./in_r   ./in_r   in_r      =         =           =        in_r     ./in_r      in_r     .             .         .
contacts:in_review              ./in_r    ./in_r   ./in_r   in_r      =         =           =        in_r     ./in_r      in_r     .             .         .
contacts:committee              ./in_r    ./in_r   ./in_r   in_r      =         =           =        in_r     ./in_r      in_r     .             .         .
contacts:tabled                 ./in_r    ./in_r   ./in_r   in_r      =         =           =        in_r     ./in_r      in_r     .             .         .
contacts:information_requested  ./inf     ./inf    ./inf    inf       inf       =           inf      inf      ./inf       inf      .             .         .
contacts:invited                =         =        =        ./+       ./+       ./+         ./+      +        ready       ./+      .             .         .
contacts:no_record              ./=       ./=      ./=      =         =         =           =        =        ./=         =        .             .         .
contacts:second no_record       ./=       ./=      ./=      +         +         +           +        +        ./=         +        .             .         .
contacts:returned               ./+pre    ./+awa   ./+      +         +         +           +        +        ./+         +        .             .         .
contacts:panel_closed           pan       pan      pan      pan       pan       pan         pan      =        =           pan      .             .         .
contacts:approved               ./app     ./app    ./app    app       app       app         =        app      ./app       app      .             .         .
contacts:denied                 ./den     ./den    ./den    den       den       den         den      den      ./den       =        .             .         .
contacts:no_answer              =         =        =        =         =         =           =        =        =           =        .             .         =
contacts:other                  =         =        =        =         =         =           =        =        =           =        .             .         =
information                     ./=       ./=      ./=      ./in_r    ./=       in_r        ./=      ./=      ./=         ./=      .             .         .
contract                        ./=       ./=      ./=      =         =         =           =        =        ./=         =        .             .         .
confirmations                   ./=       ./=      ./=      =         =         =           =        =        ./=         =        .             .         =
confirmations:the last          ./=       ./=      ./=      =         =         =           conf     =        ./=         =        .             .         =
approval                        .         .        .        .         .         .           .        .        .           .        .             .         .
appeal                          .         .        .        .         .         .           .        .        .           in_r     .             .         .
resubmission                    .         .        .        +         +         +           .        +        ready       +        .             .         .
restoration                     .         .        .        .         .         .           .        .        .           .        .             .         .
waivers                         =         =        =        .         .         .           .        .        .           .        .             .         .
withdrawal                      with      with     with     with      with      with        with     with     with        with     .             .         .
pause                           =         =        =        =         =         =           =        =        =           =        .             .         .
resume                          .         .        .        .         .         .           .        .        .           .        .             .         .
restore-review                  .         .        .        .         .         .           .        .        .           .        .             .         .
loading                         .         .        .        .         .         .           .        .        .           .        .             .         =
directory                       .         .        .        .         .         .           .        .        .           .        .             .         =
issues                          .         .        .        .         .         .           .        .        .           .        .             .         =
issue-resolution                .         .        .        .         .         .           .        .        .           .        .             .         .
committee-date                  .         .        .        .         .         .           .        .        .           .        .             .         =
recredentialing                 .         .        .        .         .         .           .        .        .           .        .             .         =
participation-end               .         .        .        .         .         .           .        .        .           .        .             .         =
notes                           =         =        =        =         =         =           =        =        =           =        =             =         =
assignment                      =         =        =        =         =         =           =        =        =           =        =             =         =
corrections                     =         =        =        =         =         =           =        =        =           =        =             =         =
`;

const NO_MALPRACTICE = { ...COMPLETE, provider: { ...COMPLETE.provider!, malpractice: null } };
const reviewed = () => new Paper().submit().contact('in_review');
const confirmed = () => FACTS.reduce((paper, fact) => paper.confirm(fact), reviewed().contact('approved'));

/** Every situation, reached by what leads there. */
const SITUATIONS: Record<string, () => Paper> = {
  preparing: () => new Paper({ file: NO_MALPRACTICE }),
  awaiting: () => new Paper({ file: { ...COMPLETE, attestation: null } }),
  ready: () => new Paper(),
  submitted: () => new Paper().submit(),
  in_review: reviewed,
  information: () => reviewed().contact('information_requested', { missingItems: ['W-9'] }),
  approved: () => reviewed().contact('approved'),
  panel: () => reviewed().contact('panel_closed'),
  panel_early: () => new Paper().contact('panel_closed'),
  denied: () => reviewed().contact('denied'),
  window_closed: () => reviewed().contact('denied').days(40),
  withdrawn: () => reviewed().act('withdrawal'),
  confirmed,
};
const STAGE_OF: Record<string, Stage> = {
  preparing: 'preparing',
  awaiting: 'awaiting_attestation',
  ready: 'ready_to_submit',
  submitted: 'submitted',
  in_review: 'in_review',
  information: 'information_requested',
  approved: 'approved',
  panel: 'panel_closed',
  panel_early: 'panel_closed',
  denied: 'denied',
  window_closed: 'denied',
  withdrawn: 'withdrawn',
  confirmed: 'confirmed',
};
const LETTERS: Record<string, Stage> = {
  pre: 'preparing',
  awa: 'awaiting_attestation',
  ready: 'ready_to_submit',
  sub: 'submitted',
  in_r: 'in_review',
  inf: 'information_requested',
  app: 'approved',
  conf: 'confirmed',
  pan: 'panel_closed',
  den: 'denied',
  with: 'withdrawn',
};

const BODIES: Partial<Record<string, object>> = {
  submission: { submittedOn: '2027-01-04', channel: 'fax' },
  information: { providedOn: '2027-01-04', items: ['W-9'] },
  contract: { status: 'sent', on: '2027-01-04' },
  confirmations: { fact: 'claimsRoute', value: { portal: 'p' }, source: 'letter', reference: 'L', reason: 'now known' },
  'confirmations:the last': {
    fact: 'contract',
    value: 'executed',
    source: 'letter',
    reference: 'L2',
    reason: 'signed',
  },
  appeal: { filedOn: '2027-01-04', channel: 'mail' },
  restoration: { attempt: 1 },
  waivers: { prerequisite: 'npi', until: '2027-02-01' },
  loading: { status: 'loaded', seenOn: '2027-01-04' },
  directory: { status: 'listed', seenOn: '2027-01-04' },
  issues: { code: 'wrong_tin', since: '2027-01-04' },
  'issue-resolution': { code: 'wrong_tin', resolvedOn: '2027-01-04' },
  'committee-date': { on: '2026-12-15' },
  recredentialing: { startedOn: '2027-01-04' },
  'participation-end': { on: '2027-12-31' },
  notes: { visibility: 'internal' },
  assignment: { assignee: 'user' },
};

/** Prepares what has to be there before a row's action, if it is more than the situation. */
function prepare(paper: Paper, row: string): void {
  if (row === 'contacts:second no_record')
    paper.act('contacts', { channel: 'portal', outcome: 'no_record', outOfOrder: {} });
  if (row === 'corrections') paper.act('notes', { visibility: 'internal' });
  if (row === 'confirmations:the last')
    for (const fact of FACTS)
      if (fact !== 'contract')
        paper.act('confirmations', {
          fact,
          value: FACT_VALUES[fact],
          source: 'letter',
          reference: 'L1',
          outOfOrder: {},
        });
}

function bodyOf(paper: Paper, row: string): object {
  if (row === 'corrections') return { entryId: paper.last('note').id };
  if (row.startsWith('contacts:'))
    return { channel: 'portal', outcome: row.split(/[: ]/).at(-1), ...(row.includes('second') && { rep: 'Dana' }) };
  return BODIES[row] ?? {};
}

const [head, ...lines] = TABLE.trim()
  .split('\n')
  .map((line) => line.replace(/(second|the) (?=\S)/, '$1_').split(/ +/));
const COLUMNS = head!.slice(1);
const ROWS = lines.map(([name, ...cells]) => ({
  row: name!.replace('_no', ' no').replace('_last', ' last'),
  plain: cells.map((cell) => cell.split('/')[0]!),
  late: cells.map((cell) => cell.split('/').at(-1)!),
}));
const isOver = (situation: string) => ['window_closed', 'withdrawn', 'confirmed'].includes(situation);

/** Lists what the table has as allowed in a situation, without `outOfOrder`. */
function listed(situation: string) {
  const rows = ROWS.filter(({ plain }) => plain[COLUMNS.indexOf(situation)] !== '.').map(({ row }) => row);
  return {
    allowedActions: ACTIONS.filter((action) => rows.some((row) => row.split(':')[0] === action)),
    allowedOutcomes: OUTCOMES.filter((outcome) => rows.includes(`contacts:${outcome}`)),
  };
}

/** Takes a row's action in a situation and answers in the table's words where it led. */
function take(row: string, situation: string, extra: object): string {
  const paper = SITUATIONS[situation]!();
  if (!isOver(situation) || row === 'corrections') prepare(paper, row);
  const before = structuredClone({ state: paper.state, events: paper.events });
  const refusal = paper.give(row.split(':')[0] as Action, { ...bodyOf(paper, row), ...extra });
  if (refusal) {
    expect(refusal).toMatchObject({ type: 'action_not_allowed', stage: STAGE_OF[situation], ...listed(situation) });
    const { plain, late } = ROWS.find((one) => one.row === row)!;
    const at = COLUMNS.indexOf(situation);
    if (plain[at] === '.' && !('outOfOrder' in extra))
      expect([row, situation, 'outOfOrder' in refusal]).toEqual([row, situation, late[at] !== '.']);
    expect({ state: paper.state, events: paper.events }).toEqual(before);
    return '.';
  }
  expect(paper.events.length).toBeGreaterThan(before.events.length);
  const again = paper.state.attempt === before.state.attempt + 1 ? '+' : '';
  const same = !again && paper.stage === before.state.stage;
  const stage = same ? '=' : Object.keys(LETTERS).find((letters) => LETTERS[letters] === paper.stage)!;
  return again && stage === 'ready' ? again : again + stage;
}

test.each(COLUMNS)('%s is reached, and shows what is allowed', (situation) => {
  const { state, view } = SITUATIONS[situation]!();
  expect(state).toMatchObject({ stage: STAGE_OF[situation], attempt: 1 });
  expect(state.closedAt !== null).toBe(isOver(situation));
  expect(view).toMatchObject(listed(situation));
});

describe('every action in every stage leads where the table says, or is refused with what is allowed', () => {
  test.each(ROWS)('$row', ({ row, plain, late }) => {
    expect(COLUMNS.map((situation) => take(row, situation, {}))).toEqual(plain);
    const outOfOrder = { reason: 'it had happened' };
    expect(COLUMNS.map((situation) => take(row, situation, { outOfOrder }))).toEqual(late);
  });

  test('the table has every action and every outcome', () => {
    expect(new Set(ROWS.map(({ row }) => row.split(':')[0]))).toEqual(new Set(ACTIONS));
    for (const outcome of OUTCOMES) expect(ROWS.map(({ row }) => row)).toContain(`contacts:${outcome}`);
    expect(new Set(Object.values(STAGE_OF))).toEqual(new Set(STAGES));
  });
});

describe('what depends on more than the stage', () => {
  const again = () => new Paper().submit({ submittedOn: '2027-01-02' }).contact('returned');

  test('a paused application can resume, and is otherwise as it was', () => {
    for (const [name, situation] of Object.entries(SITUATIONS).filter(([s]) => !isOver(s))) {
      const paper = situation().act('pause', {});
      expect({ name, actions: paper.view.allowedActions }).toEqual({
        name,
        actions: ACTIONS.filter((a) => a === 'resume' || situation().view.allowedActions.includes(a)),
      });
      const before = structuredClone(paper.state);
      paper.act('resume');
      expect(paper.state).toMatchObject({ stage: before.stage, paused: null });
    }
  });

  test('a pause that is said again keeps its date, unless it is given another or none', () => {
    const until = (body: Parameters<Paper['give']>[1]) =>
      new Paper().act('pause', { until: '2027-02-01' }).act('pause', body).state.paused?.until;
    expect([until({}), until({ until: '2027-03-01' }), until({ until: null })]).toEqual([
      '2027-02-01',
      '2027-03-01',
      null,
    ]);
    expect(new Paper().act('pause', {}).act('pause', {}).state.paused?.until).toBeNull();
  });

  test('an earlier attempt can be restored, one that never was cannot', () => {
    expect(again().act('restoration', { attempt: 1 }).state).toMatchObject({
      stage: 'submitted',
      attempt: 1,
      submittedOn: '2027-01-02',
    });
    expect(again().submit().act('restoration', { attempt: 1 }).state.attempt).toBe(1);
    expect(again().give('restoration', { attempt: 3 })).toMatchObject({ because: 'unknown_attempt' });
  });

  test('`received` restores while the new attempt is unsubmitted, and is about the new one afterwards', () => {
    expect(again().contact('received').state).toMatchObject({ stage: 'in_review', attempt: 1 });
    expect(again().submit().contact('received').state).toMatchObject({ stage: 'in_review', attempt: 2 });
  });

  test('a stale version is refused whatever the action', () => {
    const paper = new Paper();
    expect(paper.give('submission', { submittedOn: '2027-01-04' }, paper.state.version + 1)).toEqual({
      type: 'stale_version',
      version: paper.state.version,
    });
    expect(paper.give('submission', { submittedOn: '2027-01-04' }, paper.state.version)).toBeNull();
  });

  test('an issue is resolved while it is open, and once', () => {
    const paper = confirmed().act('issues', { code: 'wrong_tin', since: '2027-01-04' });
    expect(paper.view.allowedActions).toContain('issue-resolution');
    paper.act('issue-resolution', { code: 'wrong_tin', resolvedOn: '2027-01-05' });
    expect(paper.give('issue-resolution', { code: 'wrong_tin', resolvedOn: '2027-01-05' })).toMatchObject({
      because: 'no_unresolved_issue',
    });
  });

  test('a refusal names its cause where that is not the stage', () => {
    const because = (paper: Paper, action: Action, body: Parameters<Paper['give']>[1] = {}) => {
      const refusal = paper.give(action, body);
      return refusal && 'because' in refusal ? refusal.because : refusal?.type;
    };
    const over = confirmed().act('participation-end', { on: '2027-12-31' }).endOf('2028-01-01');
    const closedPanel = new Paper().contact('panel_closed');
    expect([
      because(new Paper(), 'resume'),
      because(new Paper(), 'restoration', { attempt: 1 }),
      because(new Paper(), 'restore-review'),
      because(over, 'participation-end', { on: '2027-11-30' }),
      because(over, 'contacts', { channel: 'portal', outcome: 'other' }),
      because(closedPanel, 'contract', { status: 'sent', on: '2027-01-04' }),
      because(closedPanel, 'contacts', { channel: 'portal', outcome: 'approved' }),
      because(new Paper(), 'appeal', { filedOn: '2027-01-04' }),
    ]).toEqual([
      'not_paused',
      'unknown_attempt',
      'not_held',
      'participation_over',
      'participation_over',
      'not_submitted',
      'not_submitted',
      'action_not_allowed',
    ]);
  });

  test('what has ended is looked after no more', () => {
    const paper = confirmed().act('participation-end', { on: '2027-12-31' }).endOf('2028-01-01');
    expect(paper.view).toMatchObject({ allowedActions: ['confirmations', 'notes', 'assignment', 'corrections'] });
    expect(paper.view).toMatchObject({ allowedOutcomes: [] });
  });

  test('a participation ends once; until its last day has passed that may be changed', () => {
    const paper = confirmed().act('participation-end', { on: '2027-12-31' });
    paper.act('participation-end', { on: '2027-12-15' }).endOf('2027-12-16');
    expect(paper.give('participation-end', { on: '2027-11-30' })).toMatchObject({ stage: 'confirmed' });
  });

  test('a closed denial takes no fact; only a correction or a new application goes on from it', () => {
    expect(SITUATIONS.window_closed!().view.allowedActions).toEqual(['notes', 'assignment', 'corrections']);
  });
});
