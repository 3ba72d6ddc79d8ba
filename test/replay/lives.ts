import { randomUUID } from 'node:crypto';
import { addDays } from '../../domain/time/dates';
import { isHeld } from '../../domain/applications/state';
import type { Playbook } from '../../domain/registry/playbook';
import { buildColumns } from '../../record/applications/projection';
import type { Actor } from '../../record/kernel/principal';
import type { Life, Lives } from '../support/lives';

/** Keeps the histories of an application's workflow as they are now; for a life whose workflow id is used again. */
export type Keep = (life: Life) => Promise<void>;

const submit = async (life: Life, on: string) =>
  life.act('submission', { submittedOn: on, channel: 'payer_portal', referenceNumber: 'R-1' });
const nudged = (life: Life) => life.until((s) => s.agenda.items.length > 0, '60 days');
const FACTS = ['effectiveDate', 'claimsRoute', 'payerProviderId', 'contract'] as const;

/**
 * Lives as they were lived when their histories were recorded, by name. A life that has been recorded stays as it is;
 * a new way to live gets a new name.
 */
export const LIVES: Record<string, (lives: Lives, keep: Keep) => Promise<Life>> = {
  async straight(lives) {
    const life = await lives.open();
    await lives.env.sleep('3 days');
    await life.attest();
    await life.until((s) => s.stage === 'ready_to_submit', '1 days');
    await submit(life, await lives.today());
    await nudged(life);
    await life.contact('received');
    for (const outcome of ['in_review', 'committee']) {
      await nudged(life);
      await life.contact(outcome);
    }
    await life.contact('approved');
    await nudged(life);
    for (const fact of FACTS) await life.confirm(fact);
    return life;
  },

  async 'second-look-and-found'(lives) {
    const life = await lives.open({ attestedDaysAgo: 10 });
    await submit(life, await lives.today());
    await nudged(life);
    await life.contact('no_answer');
    await life.contact('no_record');
    await nudged(life);
    await life.contact('no_record');
    await life.until((s) => s.attempt === 2 && s.stage === 'ready_to_submit', '1 days');
    await lives.env.sleep('2 days');
    await life.contact('received');
    await nudged(life);
    await life.act('resubmission', { reason: 'the payer asked for a fresh one' });
    await submit(life, await lives.today());
    await life.contact('returned');
    await life.act('restoration', { attempt: 1, reason: 'it was there all along' });
    await nudged(life);
    return life;
  },

  async 'denied-appealed-denied'(lives) {
    const life = await lives.open({ attestedDaysAgo: 10 });
    await submit(life, await lives.today());
    await life.contact('denied', { channel: 'phone', rep: 'Sam' });
    await life.until((s) => s.followUps.credentialing?.firedAt !== undefined, '20 days');
    await life.contact('denied', { channel: 'mail' });
    await life.act('appeal', { filedOn: await lives.today(), channel: 'mail', reason: 'the licence was current' });
    await nudged(life);
    await life.contact('denied', { channel: 'mail' });
    await life.until((s) => s.closedAt !== null, '60 days');
    return life;
  },

  async 'panel-closed-and-invited'(lives) {
    const life = await lives.open({ attestedDaysAgo: 10 });
    await submit(life, await lives.today());
    await life.contact('panel_closed');
    await life.until((s) => s.followUps.credentialing?.firedAt !== undefined, '120 days');
    await life.contact('panel_closed');
    await life.until((s) => s.followUps.credentialing?.firedAt !== undefined, '120 days');
    await life.contact('invited', { nextFollowUpOn: addDays(await lives.today(), 3) });
    await life.until((s) => s.followUps.credentialing?.firedAt !== undefined, '10 days');
    await life.attest();
    await life.until((s) => s.stage === 'ready_to_submit', '1 days');
    await life.act('withdrawal', { reason: 'the practice went another way' });
    return life;
  },

  async 'information-and-pause'(lives) {
    const life = await lives.open({ attestedDaysAgo: 10 });
    await submit(life, await lives.today());
    await life.contact('in_review');
    await life.contact('information_requested', { missingItems: ['W-9', 'Malpractice face sheet'] });
    await life.act('pause', { reason: 'on leave', until: addDays(await lives.today(), 30) });
    await life.until((s) => s.step?.deadlinePassedAt !== undefined, '30 days');
    await life.act('information', { providedOn: await lives.today(), items: ['w-9'] });
    await life.until((s) => s.paused === null, '40 days');
    await life.act('pause', { reason: 'away again' });
    await life.act('resume', { reason: 'back' });
    await life.contact('other', { itemsNotNeeded: true });
    await nudged(life);
    return life;
  },

  async 'adopted-in-review'(lives) {
    const today = await lives.today();
    const life = await lives.open({
      attestedDaysAgo: 110,
      adopt: {
        stage: 'in_review',
        stageSince: addDays(today, -40),
        submittedOn: addDays(today, -60),
        lastContactOn: addDays(today, -8),
        contractStatus: 'sent',
      },
    });
    // the attestation lapses in review: a blocker, and nothing starts again
    await life.until((s) => s.blockers.length > 0, '20 days');
    await life.act('contract', { status: 'executed', on: await lives.today() });
    await life.attest();
    await life.until((s) => s.blockers.length === 0, '1 days');
    await life.act('assignment', { assignee: null });
    await life.act('notes', { text: 'adopted', visibility: 'internal' });
    await life.contact('approved');
    await nudged(life);
    return life;
  },

  async 'correction-reopens'(lives, keep) {
    const life = await lives.open({ attestedDaysAgo: 10 });
    await submit(life, await lives.today());
    await life.contact('in_review');
    await life.act('withdrawal', { reason: 'meant for another application' });
    await keep(life);
    const [withdrawal] = (await life.entries()).filter((entry) => entry.kind === 'withdrawal');
    await life.act('corrections', { entryId: withdrawal!.id, reason: 'wrong application' });
    await lives.dispatch.startApplication(life.id);
    await nudged(life);
    const [contact] = (await life.entries()).filter((entry) => entry.kind === 'contact');
    await life.act('corrections', { entryId: contact!.id, reason: 'it was another provider' });
    await life.until((s) => s.stage === 'submitted', '1 days');
    await life.contact('approved');
    return life;
  },

  async 'continued-as-new'(lives) {
    const life = await lives.open({ attestedDaysAgo: 10, continueAfter: 24, playbook: FAST });
    await submit(life, await lives.today());
    for (let look = 0; look < 12; look += 1) {
      await nudged(life);
      await life.contact(look === 0 ? 'received' : 'in_review');
    }
    await life.contact('approved');
    return life;
  },

  async 'participation-corrected-and-ended'(lives) {
    const life = await lives.open({ attestedDaysAgo: 10 });
    await submit(life, await lives.today());
    await life.contact('approved');
    for (const fact of FACTS) await life.confirm(fact);
    await life.confirm('effectiveDate', { value: '2027-04-01' });
    await life.confirm('effectiveDate', { value: '2027-04-01', reason: 'the letter says so' });
    await life.act('notes', { text: 'seen loaded', visibility: 'client' });
    await life.act('participation-end', {
      on: addDays(await lives.today(), -1),
      reason: 'moved away',
      source: 'letter',
      reference: 'T-1',
    });
    return life;
  },

  async 'twice-refused-out-of-order'(lives) {
    const life = await lives.open();
    await life.give('appeal', { filedOn: await lives.today(), channel: 'mail', reason: 'too early' });
    await life.act('waivers', {
      prerequisite: 'malpractice',
      reason: 'on its way',
      until: addDays(await lives.today(), 9),
    });
    await life.until((s) => s.waivers.length === 0, '20 days');
    await life.contact('approved', { outOfOrder: { reason: 'the payer pulled the file itself' } });
    const commandId = randomUUID();
    const proof = { fact: 'contract', value: 'executed', source: 'letter', reference: 'L1', confirmedOn: '2026-01-01' };
    await life.give('confirmations', proof, { commandId });
    await life.give('confirmations', proof, { commandId });
    await life.give('corrections', { entryId: randomUUID(), reason: 'no such entry' });
    await life.give('notes', { text: 'stale', visibility: 'internal' }, { version: 1 });
    await life.confirm('effectiveDate');
    await life.confirm('effectiveDate', { value: '2027-05-01' });
    await life.until((s) => s.followUps.confirmation?.escalatedAt !== undefined, '60 days');
    return life;
  },

  async 'participation-looked-after'(lives) {
    const life = await lives.open({ attestedDaysAgo: 10, playbook: { loadingCheck: { businessDays: 5 } } });
    await submit(life, await lives.today());
    await life.contact('committee');
    await life.contact('approved');
    for (const fact of FACTS) await life.confirm(fact, fact === 'effectiveDate' ? { value: await soon(lives) } : {});
    await life.until((s) => typeof s.participation?.effective?.begunAt === 'string', '20 days');
    await nudged(life);
    const seen = async () => ({ seenOn: await lives.today(), source: 'portal', reference: 'P-1' });
    await life.act('loading', { status: 'not_loaded', ...(await seen()) });
    await life.act('issues', { code: 'wrong_tin', since: await lives.today() });
    await life.contact('other', { about: 'wrong_tin' });
    await life.act('directory', { status: 'listed', ...(await seen()) });
    await life.until((s) => s.participation?.followUps.wrong_tin?.firedAt !== undefined, '30 days');
    await life.confirm('claimsRoute', { reason: 'a test claim went through' });
    await life.act('issue-resolution', { code: 'wrong_tin', resolvedOn: await lives.today(), source: 'portal' });
    await life.act('loading', { status: 'loaded', ...(await seen()) });
    await life.act('recredentialing', { startedOn: await lives.today(), source: 'letter', reference: 'L-9' });
    await life.until((s) => typeof s.participation?.cycle?.openedAt === 'string', '1 days');
    await life.act('committee-date', { on: await lives.today(), source: 'letter', reference: 'L-10' });
    // years without a word: the directory to verify, reminders, a cycle that is missed
    await lives.env.sleep('1150 days');
    await life.until((s) => typeof s.participation?.cycle?.missedAt === 'string', '60 days');
    await life.act('participation-end', {
      on: addDays(await lives.today(), -1),
      reason: 'x',
      source: 'letter',
      reference: 'T-1',
    });
    return life;
  },

  /** Its payer wants to be notified of a change and is notified late; then it moves to another playbook. */
  async 'participation-told-of-a-change'(lives) {
    const life = await lives.open({ attestedDaysAgo: 10 });
    await submit(life, await lives.today());
    await life.contact('approved');
    for (const fact of FACTS) await life.confirm(fact);
    const on = await lives.today();
    await life.act('change-notice', { field: 'address', changedOn: on, dueOn: addDays(on, 30) });
    await lives.env.sleep('20 days');
    await life.contact('other', { about: 'change' });
    await lives.env.sleep('30 days');
    await life.contact('other', { toldOfChanges: true });
    const body = lives.sql.json({ directoryEvery: { days: 30 } });
    await lives.sql`insert into playbooks ${lives.sql({ payerId: life.book.payerId, version: 2, body })}`;
    await life.act('playbook-migration', { version: 2 });
    await lives.env.sleep('60 days');
    await life.act('participation-end', {
      on: addDays(await lives.today(), -1),
      reason: 'x',
      source: 'letter',
      reference: 'T-1',
    });
    return life;
  },

  /**
   * The details of its opening are corrected, before and after it has closed; a pause keeps what falls due in it
   * waiting.
   */
  async 'details-put-right-and-paused'(lives) {
    const life = await lives.open({ attestedDaysAgo: 10 });
    await life.act('details', { neededBy: addDays(await lives.today(), 90), monthlyValue: 900 });
    await submit(life, await lives.today());
    await life.act('pause', { reason: 'on leave', until: addDays(await lives.today(), 30) });
    await life.until((s) => s.paused === null, '40 days');
    await life.until((s) => s.followUps.credentialing?.firedAt !== undefined, '1 days');
    await life.contact('approved');
    for (const fact of FACTS) await life.confirm(fact);
    await life.act('details', { neededBy: null });
    return life;
  },

  /** The record is restored to before the payer's yes, and a user says that nothing was lost. */
  async 'record-restored-and-reviewed'(lives) {
    const life = await lives.open({ attestedDaysAgo: 10 });
    await submit(life, await lives.today());
    await life.contact('in_review');
    const restore = await backUp(lives, life);
    await life.contact('approved');
    await restore();
    await lives.dispatch.notifyFileChanged(life.id);
    await life.until(isHeld, '1 days');
    await life.act('restore-review', { reason: 'the yes was meant for somebody else' });
    await nudged(life);
    await life.contact('in_review');
    return life;
  },

  /** A fact by phone waits for a second person, who approves it before and after the confirmation. */
  async 'approved-by-a-second-person'(lives) {
    const life = await lives.open({ attestedDaysAgo: 10 });
    await lives.sql`
      insert into operator_settings (settings, set_by)
      values ('{"phoneFactsNeedApproval": true}', '{"type": "system", "id": "lives", "name": "lives"}')`;
    await submit(life, await lives.today());
    await life.contact('approved');
    await nudged(life);
    const byPhone = { source: 'phone', rep: 'Dana', reference: 'call 7' };
    const approve = (fact: string) => life.act('approval', { fact }, { actor: COLLEAGUE });
    for (const fact of FACTS) await life.confirm(fact, fact === 'payerProviderId' ? byPhone : {});
    await lives.env.sleep('3 days');
    await approve('payerProviderId');
    await life.confirm('claimsRoute', { ...byPhone, value: { portal: 'p' }, reason: 'they moved' });
    await lives.env.sleep('10 days');
    await approve('claimsRoute');
    await lives.sql`delete from operator_settings where set_by->>'id' = 'lives'`;
    return life;
  },
};

const COLLEAGUE: Actor = { type: 'key', id: 'colleague', name: 'A colleague', userId: 'colleague' };

/** Takes the record of an application back to where it is now. */
async function backUp({ sql }: Lives, { id }: Life): Promise<() => Promise<void>> {
  const [{ snapshot } = { snapshot: null }] = await sql`select snapshot from applications where id = ${id}`;
  return () =>
    sql.begin(async (tx) => {
      await tx`delete from events where application_id = ${id} and seq > ${snapshot.version}`;
      await tx`delete from work_items where application_id = ${id}`;
      await tx`update applications set ${tx({ ...buildColumns(snapshot), snapshot: tx.json(snapshot) })} where id = ${id}`;
    });
}

const soon = async (lives: Lives) => addDays(await lives.today(), 7);

const FAST = {
  confirmReceiptAfter: { days: 2 },
  followUpEvery: { days: 2 },
  escalateAfter: { hours: 8 },
} satisfies Playbook;
