import { foldEvents } from '../../../domain/applications/reduce';
import { isInStep } from '../../../domain/applications/step';
import { FACTS } from '../../../domain/kernel/codes';
import { Paper, toStored } from './paper';

const submitted = () => new Paper().submit();
const confirmed = () => FACTS.reduce((paper, fact) => paper.confirm(fact), submitted().contact('approved'));

/** An application whose record was restored to before its last steps, once its workflow has asked again. */
function restored(paper: Paper, lose: (paper: Paper) => unknown): Paper {
  const { version } = paper.state;
  lose(paper);
  const { known } = paper;
  return paper.restore(version).ask(known);
}

const reviewLost = () => restored(submitted(), (paper) => paper.contact('in_review'));

describe('a record that was restored to before what the workflow knows', () => {
  test('enters what the workflow knew, and asks a person for what was lost', () => {
    const paper = reviewLost();
    expect(paper.last('found_behind').data).toMatchObject({ stage: 'in_review', attempt: 1, version: 5 });
    expect(paper.items).toEqual(['enter_what_was_lost']);
    expect(paper.view.held).toMatchObject({ since: paper.now, known: { stage: 'in_review' } });
    expect(paper.view.allowedActions).toContain('restore-review');
  });

  test('chases nobody while it waits, however long', () => {
    const paper = reviewLost().days(60);
    expect(paper.kinds()).not.toContain('nudge');
    expect(paper.kinds()).not.toContain('escalation');
    expect(Object.keys(paper.state.agenda.timers)).toEqual(['file']);
  });

  test('asked again with the same knowledge, it enters nothing more', () => {
    const paper = submitted();
    const { version } = paper.state;
    const { known } = paper.contact('in_review');
    paper.restore(version).ask(known);
    const entries = paper.events.length;
    expect(paper.ask(known).events).toHaveLength(entries);
    expect(paper.act('restore-review').ask(known).kinds().at(-1)).toBe('restore_review');
  });

  test('goes on where a person says that nothing was lost, and chases once', () => {
    const paper = reviewLost().days(20).act('restore-review');
    expect(paper.view.held).toBeNull();
    expect(paper.kinds().filter((kind) => kind === 'nudge')).toHaveLength(1);
    expect(paper.items).toEqual(['confirm_receipt']);
    expect(paper.give('restore-review')).toMatchObject({ type: 'action_not_allowed' });
  });

  test('makes nothing late: what fell due meanwhile is due from the end of the hold', () => {
    const paper = reviewLost().days(60).act('restore-review').days(0);
    expect([paper.items, paper.nextFollowUpAt, paper.view.overdue]).toEqual([['confirm_receipt'], paper.now, false]);
    expect(paper.days(1).kinds()).not.toContain('escalation');
  });

  test('goes on by itself once what was lost is entered', () => {
    const paper = reviewLost().days(1).contact('in_review');
    expect(paper.view).toMatchObject({ stage: 'in_review', held: null });
    expect(paper.items).toEqual([]);
    expect(paper.days(60).kinds()).toContain('nudge');
  });

  test('stays as it is while only a part of what was lost is entered', () => {
    const paper = restored(new Paper(), (lost) => lost.submit().contact('in_review'))
      .days(1)
      .submit();
    expect(paper.items).toEqual(['enter_what_was_lost']);
    expect(paper.contact('in_review').view.held).toBeNull();
  });

  test('where the stage is the same, notes leave it waiting and a contact ends it', () => {
    const paper = restored(submitted().contact('in_review'), (lost) => lost.contact('other')).days(1);
    paper.act('notes', { visibility: 'internal' }).act('assignment', { assignee: 'user' });
    expect(paper.view.held).not.toBeNull();
    expect(paper.contact('other').view.held).toBeNull();
  });

  test('of two steps to one version, the stage says that they were different ones', () => {
    const paper = submitted();
    const { known } = paper;
    expect(paper.ask(known).view.held).toBeNull();
    const other = { ...known, stage: 'in_review' } as const;
    expect([isInStep(known, paper.state), isInStep(other, paper.state)]).toEqual([true, false]);
    expect(paper.ask(other).view.held).not.toBeNull();
  });

  test('keeps the payer’s deadline', () => {
    const asked = submitted().contact('information_requested', { missingItems: ['W-9'] });
    const paper = restored(asked, (lost) => lost.contact('in_review', { itemsNotNeeded: true }));
    expect(paper.items).toEqual(['enter_what_was_lost', 'provide_information']);
    expect(Object.keys(paper.state.agenda.timers).sort()).toEqual(['file', 'informationDeadline']);
    expect(paper.days(60).kinds()).toContain('deadline_passed');
  });

  test('of a participation keeps the dates of its renewal, and reminds nobody', () => {
    const paper = restored(confirmed(), (lost) => lost.act('loading', { status: 'loaded', seenOn: lost.today }));
    expect(paper.items).toEqual(['enter_what_was_lost']);
    expect(Object.keys(paper.state.agenda.timers).sort()).toEqual([
      'effective',
      'recredentialing:due',
      'recredentialing:missed',
    ]);
    expect(paper.act('restore-review').state.agenda.timers).toHaveProperty('followUp:loading');
  });

  test('that is withdrawn has nothing left to enter', () => {
    const paper = reviewLost().act('withdrawal');
    expect(paper.view.held).toBeNull();
    expect(paper.items).toEqual([]);
  });

  test('folds to the same state again', () => {
    const paper = reviewLost().days(1).act('restore-review').strike('restore_review');
    expect(toStored(foldEvents(paper.events))).toEqual(paper.state);
    expect(paper.items).toEqual(['enter_what_was_lost']);
  });
});
