import { randomUUID } from 'node:crypto';
import { listBrokenRules, readProblemType } from '../support/api';
import { eventually } from '../support/eventually';
import { createAllFacts, daysAgo, daysAhead, FACTS, System, TODAY, type OpenApplication } from '../support/system';

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system.stop());

const stageOf = async (application: OpenApplication) => (await application.get()).stage;
const becomes = (application: OpenApplication, stage: string) =>
  eventually(async () => (await stageOf(application)) === stage);

describe('a whole life', () => {
  test('from the first look at the file to the end of the participation', async () => {
    const application = await system.at('awaiting_attestation', { playbook: { confirmReceiptAfter: { seconds: 1 } } });
    const { providerId } = application.filed;
    expect((await application.queue()).map((item) => item.purpose)).toEqual(['obtain_attestation']);

    await system.api.make(`/v1/providers/${providerId}/attestations`, { attestedOn: TODAY, source: 'provider' });
    await becomes(application, 'ready_to_submit');

    const submitted = await application.submit({ referenceNumber: 'REF-1' });
    expect(submitted).toMatchObject({
      stage: 'submitted',
      referenceNumber: 'REF-1',
      submittedOn: TODAY,
      waitingOn: 'payer',
    });
    await eventually(async () => (await application.queue())[0]?.purpose === 'confirm_receipt');

    const received = await application.contact('received', { channel: 'phone', rep: 'Dana', notes: 'they have it' });
    expect(received).toMatchObject({ stage: 'in_review', referenceNumber: 'REF-1' });
    expect(await application.queue()).toEqual([]);

    const missingItems = ['W-9 form', 'Malpractice certificate'];
    const asked = await application.contact('information_requested', { missingItems });
    expect(asked).toMatchObject({
      stage: 'information_requested',
      outstandingItems: missingItems,
      waitingOn: 'operator',
    });
    const unasked = { providedOn: TODAY, items: ['W-9 form', 'A letter of theirs'] };
    const refused = await application.try('information', unasked);
    expect([refused.status, refused.body.errors]).toEqual([
      400,
      [expect.objectContaining({ path: 'items.1', rule: 'not_requested' })],
    ]);
    const half = await application.act('information', { providedOn: TODAY, items: ['w-9  FORM'] });
    expect(half).toMatchObject({ stage: 'information_requested', outstandingItems: ['Malpractice certificate'] });
    const whole = await application.act('information', { providedOn: TODAY, items: ['Malpractice certificate'] });
    expect(whole).toMatchObject({ stage: 'in_review', outstandingItems: [] });

    await application.act('contract', {
      status: 'sent',
      on: TODAY,
      reference: 'C-7',
      feeScheduleReference: 'FS-1',
      termNoticeDays: 90,
      renewsOn: daysAhead(365),
    });
    const approved = await application.contact('approved');
    expect(approved).toMatchObject({
      stage: 'approved',
      missingFacts: Object.keys(FACTS),
      tracks: { contracting: { status: 'sent', reference: 'C-7', feeScheduleReference: 'FS-1', termNoticeDays: 90 } },
    });
    for (const fact of ['effectiveDate', 'payerProviderId', 'claimsRoute'] as const) await application.confirm(fact);
    expect(await application.readiness()).toMatchObject({ mayBill: false, reasons: ['contract_unconfirmed'] });
    const confirmed = await application.confirm('contract', {
      seen: { partyName: 'Elm Therapy, PLLC', tinLast4: '6789' },
    });
    expect(confirmed).toMatchObject({
      stage: 'confirmed',
      open: false,
      allowedActions: expect.arrayContaining(['participation-end']),
    });
    expect(await application.readiness()).toMatchObject({ mayBill: true, reasons: [], billThrough: 'own' });

    // a corrected effective date takes the place of the first, which is kept
    const later = await application.confirm('effectiveDate', {
      value: daysAhead(5),
      reason: 'the letter says otherwise',
    });
    expect(later.confirmations.effectiveDate).toMatchObject({ status: 'confirmed', value: daysAhead(5) });
    expect(await application.readiness()).toMatchObject({ mayBill: false, reasons: ['before_effective_date'] });

    const ended = await application.act('participation-end', {
      on: daysAhead(40),
      reason: 'the practice closes',
      source: 'letter',
      reference: 'T-1',
    });
    expect(ended.participationEndedOn).toBe(daysAhead(40));
    const at = (dateOfService: string) => application.readiness({ dateOfService });
    expect(await at(daysAhead(40))).toMatchObject({ mayBill: true });
    expect(await at(daysAhead(41))).toMatchObject({ mayBill: false, reasons: ['participation_ended'] });
    // a last day that is ahead may still be changed
    const moved = { on: daysAhead(50), reason: 'the practice closes later', source: 'letter', reference: 'T-2' };
    expect((await application.act('participation-end', moved)).participationEndedOn).toBe(daysAhead(50));

    const kinds = (await application.timeline()).map((entry) => entry.kind);
    expect(kinds.filter((kind) => kind === 'submission')).toHaveLength(1);
    expect(kinds.filter((kind) => kind === 'confirmation')).toHaveLength(5);
    expect(kinds.filter((kind) => kind === 'nudge')).toHaveLength(1);
  });
});

test('every action is in the audit log, in its request, with what it changed of the application', async () => {
  const application = await system.at('ready_to_submit');
  const headers = { 'X-Request-Id': 'theirs' };
  const reply = await application.try('submission', { submittedOn: TODAY, channel: 'fax' }, { headers });
  await application.act('pause', { reason: 'the client asked' });
  const { items } = (await system.api.get(`/v1/audit-log?subject=${application.id}`)).body;
  const entry = { clientId: application.filed.clientId, actor: { id: 'admin' }, outcome: 'done' };
  expect(items).toMatchObject([
    { ...entry, action: 'application.open' },
    {
      ...entry,
      action: 'application.submission',
      before: { stage: 'ready_to_submit', submittedOn: null },
      after: { stage: 'submitted', submittedOn: TODAY },
      requestId: reply.headers.get('x-request-id'),
      callerRequestId: 'theirs',
    },
    { ...entry, action: 'application.pause', detail: { reason: 'the client asked' }, before: { paused: null } },
  ]);
  // a patch that changes nothing is no change
  await application.act('contacts', { channel: 'portal', outcome: 'approved' });
  for (let again = 0; again < 2; again += 1) await application.confirm('contract');
  const actions = (await system.api.get(`/v1/audit-log?subject=${application.id}`)).body.items.slice(3);
  expect(actions.map(({ action }: { action: string }) => action)).toEqual([
    'application.contacts',
    'application.confirmations',
  ]);
});

describe('what is refused', () => {
  test('a refusal of an action that the stage does not allow lists those that it does, and is kept in the audit log', async () => {
    const application = await system.at('preparing');
    const before = await application.get();
    const reply = await application.try('submission', { submittedOn: TODAY, channel: 'fax' });
    expect([reply.status, readProblemType(reply)]).toEqual([409, 'action_not_allowed']);
    const { stage, allowedActions, allowedOutcomes } = before;
    expect(reply.body).toMatchObject({ stage, allowedActions, allowedOutcomes });
    expect(reply.body.detail).toContain('outOfOrder');
    expect(await application.get()).toMatchObject({ version: before.version, stage: 'preparing' });
    expect((await application.timeline()).map((entry) => entry.kind)).toEqual(['opened']);
    const [audited] = await system.api.deps.sql`
      select outcome, detail, client_id from audit_log where subject_id = ${application.id} and outcome = 'refused'`;
    expect(audited).toMatchObject({
      outcome: 'refused',
      detail: { problem: 'action_not_allowed' },
      clientId: application.filed.clientId,
    });
  });

  test('a refusal names its cause where that is not the stage, and mentions outOfOrder only where it would help', async () => {
    const application = await system.at('preparing');
    for (const [action, body, problem] of [
      ['resume', {}, 'not_paused'],
      ['restoration', { attempt: 7, reason: 'found again' }, 'unknown_attempt'],
      ['appeal', { filedOn: TODAY, channel: 'fax', reason: 'x' }, 'action_not_allowed'],
    ] as const) {
      const reply = await application.try(action, body);
      expect([reply.status, readProblemType(reply), reply.body.stage]).toEqual([409, problem, 'preparing']);
      expect(reply.body.detail).toBeUndefined();
    }
  });

  test('an entry tells what was written because of it, and whether that has left', async () => {
    const application = await system.at('in_review');
    await application.contact('information_requested', { missingItems: ['W-9 form'] });
    const { sql } = system.api.deps;
    const written = async () =>
      (await application.timeline()).findLast(({ to }) => to === 'information_requested')!.messages;
    // as on a weekend
    await sql`
      update messages set status = 'queued', batch_id = null, not_before = now() + interval '2 days'
      where application_id = ${application.id}`;
    expect(await written()).toEqual([
      { to: 'provider', delivery: 'queued', queuedAt: expect.any(String), sentAt: null },
    ]);
    await sql`update messages set status = 'withheld' where application_id = ${application.id}`;
    expect(await written()).toMatchObject([{ delivery: 'dropped', sentAt: null }]);
  });

  test('information about items that nobody asked for is refused by item, and taken with outOfOrder', async () => {
    const application = await system.at('in_review');
    await application.contact('information_requested', { missingItems: ['W-9'] });
    const extra = { providedOn: TODAY, items: ['Diploma', ' w-9 '] };
    expect(listBrokenRules(await application.try('information', extra))).toEqual(['items.0 not_requested']);
    expect(await application.act('information', { ...extra, outOfOrder: { reason: 'sent along' } })).toMatchObject({
      stage: 'in_review',
    });
    await application.contact('information_requested');
    expect(await application.act('information', { providedOn: TODAY, items: ['Diploma'] })).toMatchObject({
      stage: 'in_review',
    });
  });

  test('a contact is refused by its outcome, and names the outcomes that are allowed', async () => {
    const application = await system.at('ready_to_submit');
    const reply = await application.try('contacts', { channel: 'portal', outcome: 'approved' });
    expect([reply.status, reply.body.stage]).toEqual([409, 'ready_to_submit']);
    expect(reply.body.allowedActions).toContain('contacts');
    expect(reply.body.allowedOutcomes).toEqual(['invited', 'panel_closed', 'no_answer', 'other']);
    expect(await application.contact('no_answer')).toMatchObject({ stage: 'ready_to_submit' });
  });

  test('a double click on a call is one look; on a call about many too, and another call is one where it is said', async () => {
    const application = await system.at('submitted');
    const twice = await Promise.all([application.contact('no_record'), application.contact('no_record')]);
    expect(twice.map(({ attempt }) => attempt)).toEqual([1, 1]);
    const { payerId } = application.filed;
    const one = { id: application.id, outcome: 'no_record' };
    const many = (more: object) =>
      system.api.post('/v1/contacts', { payerId, channel: 'portal', applications: [{ ...one, ...more }] });
    expect((await many({})).body.items).toMatchObject([{ status: 200 }]);
    expect(await application.get()).toMatchObject({ attempt: 1, stage: 'submitted' });
    expect((await application.timeline()).filter(({ kind }) => kind === 'contact')).toHaveLength(3);
    expect((await many({ evenIfExists: true })).body.items).toMatchObject([{ status: 200 }]);
    expect(await application.get()).toMatchObject({ attempt: 2, stage: 'ready_to_submit' });
  });

  test('a stale If-Match answers 412 and changes nothing; the right one is taken', async () => {
    const application = await system.at('ready_to_submit');
    const { version } = await application.get();
    const note = { text: 'first', visibility: 'client' };
    const stale = await application.try('notes', note, { headers: { 'If-Match': `"${version + 1}"` } });
    expect([stale.status, readProblemType(stale)]).toEqual([412, 'stale_version']);
    expect((await application.timeline()).map((entry) => entry.kind)).not.toContain('note');
    const match = { headers: { 'If-Match': `"${version}"` } };
    const [one, other] = await Promise.all([
      application.try('notes', note, match),
      application.try('notes', note, match),
    ]);
    expect([one.status, other.status].sort()).toEqual([200, 412]);
    expect(one.headers.get('etag') ?? other.headers.get('etag')).toBe(`"${version + 1}"`);
  });

  test('entries that are not there, or cannot be struck out', async () => {
    const application = await system.at('ready_to_submit');
    const strike = (entryId: string) => application.try('corrections', { entryId, reason: 'in error' });
    const unknown = await strike(randomUUID());
    expect([unknown.status, readProblemType(unknown)]).toEqual([422, 'unknown_entry']);
    const other = await system.at('ready_to_submit');
    await other.submit();
    const elsewhere = (await other.timeline()).find((entry) => entry.kind === 'submission').id;
    expect((await strike(elsewhere)).status).toBe(422);
    const opened = await strike(application.id);
    expect([opened.status, readProblemType(opened)]).toEqual([422, 'not_correctable']);
    await application.submit();
    const derived = (await application.timeline()).find((entry) => entry.kind === 'stage').id;
    expect(readProblemType(await strike(derived))).toBe('not_correctable');
    const entry = (await application.timeline()).find((one) => one.kind === 'submission').id;
    expect((await strike(entry)).status).toBe(200);
    expect(readProblemType(await strike(entry))).toBe('not_correctable');
  });

  test('a second open application for the key answers 409 with the first; a closed one makes way', async () => {
    const application = await system.at('ready_to_submit');
    const { providerId, practiceId, payerId } = application.filed;
    const again = (more: object = {}) =>
      system.api.post('/v1/applications', { providerId, practiceId, payerId, state: 'CA', ...more });
    const second = await again();
    expect([second.status, readProblemType(second), second.body.existingId]).toEqual([
      409,
      'application_exists',
      application.id,
    ]);
    expect((await again({ state: 'NV' })).status).toBe(201);
    expect((await again({ lineOfBusiness: 'medicare' })).status).toBe(201);
    await application.act('withdrawal', { reason: 'not wanted any more' });
    const next = await again();
    expect([next.status, next.body.previousId]).toEqual([201, application.id]);
    const submitted = await system.api.post(`/v1/applications/${next.body.id}/submission`, {
      submittedOn: TODAY,
      channel: 'fax',
    });
    expect(submitted.status).toBe(200);
  });

  test('of many that open the same key at once, one does', async () => {
    const { providerId, practiceId, payerId } = await system.file();
    const open = () => system.api.post('/v1/applications', { providerId, practiceId, payerId, state: 'CA' });
    const replies = await Promise.all([open(), open(), open(), open()]);
    expect(replies.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    const made = replies.find(({ status }) => status === 201)!.body.id;
    for (const { status, body } of replies) expect(status === 201 ? body.id : body.existingId).toBe(made);
  });
});

test('of several that are taken over at once as confirmed, one makes the practice’s agreement and the others rest on it', async () => {
  const filed = await system.file();
  const providers = await Promise.all(
    [1, 2, 3, 4].map(async () => (await system.file({ clientId: filed.clientId })).providerId),
  );
  const adopt = { stage: 'confirmed', confirmations: createAllFacts() };
  await Promise.all(providers.map((providerId) => system.open({ ...filed, providerId }, { adopt })));
  const { body } = await system.api.get(`/v1/agreements?practiceId=${filed.practiceId}`);
  expect(body.items).toHaveLength(1);
  expect(body.items[0]).toMatchObject({ endedOn: null, contract: expect.anything(), claimsRoute: expect.anything() });
});

test('a confirmed termination ends the participation on its last day', async () => {
  const application = await system.at('confirmed');
  const termination = await system.open(application.filed, { kind: 'termination' });
  await termination.submit();
  await termination.contact('approved', { channel: 'mail' });
  await termination.confirm('effectiveDate', { value: daysAhead(60) });
  await becomes(termination, 'confirmed');
  await eventually(async () => (await application.get()).participationEndedOn === daysAhead(60));
  expect((await application.readiness()).mayBill).toBe(true);
  expect((await application.readiness({ dateOfService: daysAhead(61) })).reasons).toEqual(['participation_ended']);
});

test('a participation that ends ahead goes on until its last day; one whose agreement has ended does not', async () => {
  const ending = { reason: 'left', source: 'letter', reference: 'L-1' };
  const leaving = await system.at('confirmed');
  await leaving.act('participation-end', { on: daysAhead(20), ...ending });
  expect(await leaving.get()).toMatchObject({
    participationEndedOn: daysAhead(20),
    participation: { current: true },
    allowedActions: expect.arrayContaining(['loading', 'participation-end']),
  });
  expect((await leaving.readiness()).mayBill).toBe(true);
  const member = await system.at('confirmed');
  const { items } = (await system.api.get(`/v1/agreements?practiceId=${member.filed.practiceId}`)).body;
  const agreement = `/v1/agreements/${items[0].id}`;
  await system.api.post(`${agreement}/end`, { on: daysAgo(1), ...ending });
  expect(await member.get()).toMatchObject({ participation: { current: false } });
  expect((await member.readiness()).reasons).toEqual(['participation_ended']);
});

test('the next answer about billing readiness knows of a termination whose last day was just confirmed', async () => {
  const application = await system.at('confirmed');
  const termination = await system.open(application.filed, { kind: 'termination' });
  await termination.submit();
  await termination.contact('approved', { channel: 'mail' });
  const before = new Date().toISOString();
  await termination.confirm('effectiveDate', { value: daysAgo(1) });
  // at once, whether or not the participation has recorded its end
  expect((await application.readiness()).reasons).toEqual(['participation_ended']);
  expect((await application.readiness({ dateOfService: daysAgo(1) })).mayBill).toBe(true);
  expect((await application.readiness({ asOf: before })).mayBill).toBe(true);
  await eventually(async () => (await application.get()).participationEndedOn === daysAgo(1));
  expect((await application.readiness()).reasons).toEqual(['participation_ended']);
});

describe('the last day that a termination gives follows its confirmed effective date', () => {
  const gate = async (application: OpenApplication, ...days: number[]) =>
    Promise.all(days.map(async (n) => (await application.readiness({ dateOfService: daysAgo(n) })).mayBill));
  const terminated = async (days: number) => {
    const application = await system.at('confirmed');
    const termination = await system.open(application.filed, { kind: 'termination' });
    await termination.submit();
    await termination.contact('approved', { channel: 'mail' });
    await termination.confirm('effectiveDate', { value: daysAgo(days) });
    await ended(application, days);
    return { application, termination };
  };
  const ended = (application: OpenApplication, days: number) =>
    eventually(async () => (await application.get()).participationEndedOn === daysAgo(days));
  const move = (termination: OpenApplication, days: number) =>
    termination.confirm('effectiveDate', { value: daysAgo(days), reason: 'the letter says so' });
  const strike = async (of: OpenApplication, kind: string) => {
    const entry = (await of.timeline()).filter((one) => one.kind === kind && !one.struck).at(-1);
    await of.act('corrections', { entryId: entry!.id, reason: 'logged in error' });
  };

  test('to an earlier day and a later one, with the answer; what was believed meanwhile is kept', async () => {
    const { application, termination } = await terminated(5);
    const first = new Date().toISOString();
    expect((await move(termination, 15)).stage).toBe('confirmed');
    expect(await gate(application, 4, 10, 15)).toEqual([false, false, true]);
    expect((await application.readiness({ dateOfService: daysAgo(10), asOf: first })).mayBill).toBe(true);
    await ended(application, 15);
    expect(await gate(application, 4, 10, 15)).toEqual([false, false, true]);
    await move(termination, 8);
    expect(await gate(application, 7, 10, 15)).toEqual([false, true, true]);
    await ended(application, 8);
    expect(await gate(application, 7, 10, 15)).toEqual([false, true, true]);
    const ends = (await application.timeline()).filter(({ kind }) => kind === 'participation_end');
    expect(ends.map(({ on, struck }) => [on, struck !== undefined])).toEqual([
      [daysAgo(5), true],
      [daysAgo(15), true],
      [daysAgo(8), false],
    ]);
  });

  test('and is taken back where its confirmation is struck out, until another is confirmed', async () => {
    const { application, termination } = await terminated(5);
    await strike(termination, 'confirmation');
    expect(await gate(application, 4, 10)).toEqual([true, true]);
    await eventually(async () => (await application.get()).participation.current);
    expect(await gate(application, 4, 10)).toEqual([true, true]);
    await termination.confirm('effectiveDate', { value: daysAgo(15) });
    expect(await gate(application, 10, 15)).toEqual([false, true]);
    await ended(application, 15);
    await move(termination, 12);
    await ended(application, 12);
    await strike(termination, 'confirmation');
    expect(await gate(application, 12, 15)).toEqual([false, true]);
    await ended(application, 15);
    expect(await gate(application, 12, 15)).toEqual([false, true]);
  });

  test('changed twice before the relay delivers what follows from either, it is the latest at every moment', async () => {
    const { sql } = system.api.deps;
    const { application, termination } = await terminated(5);
    const waiting = () =>
      sql<{ id: string }[]>`
        select id from commands where application_id = ${application.id} and status = 'pending' order by received_at`;
    // the consequences of the termination wait for the relay
    await sql.unsafe(`
      create or replace function wait_for_relay() returns trigger language plpgsql as
        $$ begin new.next_attempt_at := now() + interval '1 hour'; return new; end $$;
      create trigger "${application.id}" before insert on commands
        for each row when (new.application_id = '${application.id}') execute function wait_for_relay()`);
    await move(termination, 15);
    await eventually(async () => (await waiting()).length === 2);
    expect(await gate(application, 4, 10, 15)).toEqual([false, false, true]);
    await move(termination, 8);
    await eventually(async () => (await waiting()).length === 4);
    expect(await gate(application, 7, 10, 15)).toEqual([false, true, true]);
    for (const { id } of await waiting()) {
      await sql`update commands set next_attempt_at = now() where id = ${id}`;
      await sql`notify commands`;
      await eventually(async () => (await waiting()).every((one) => one.id !== id));
      expect(await gate(application, 7, 10, 15)).toEqual([false, true, true]);
    }
    await ended(application, 8);
    await sql.unsafe(`drop trigger "${application.id}" on commands`);
  });

  test('but an end by hand stays as it is', async () => {
    const { application, termination } = await terminated(5);
    await strike(application, 'participation_end');
    await application.act('participation-end', { on: daysAgo(7), reason: 'left', source: 'letter', reference: 'L-1' });
    await move(termination, 15);
    expect(await gate(application, 6, 7, 10)).toEqual([false, true, true]);
    await strike(termination, 'confirmation');
    expect(await gate(application, 6, 7, 10)).toEqual([false, true, true]);
    expect((await application.get()).participationEndedOn).toBe(daysAgo(7));
  });

  test('and is not before the participation began', async () => {
    const application = await system.at('confirmed');
    const termination = await system.open(application.filed, { kind: 'termination' });
    await termination.submit();
    await termination.contact('approved', { channel: 'mail' });
    const before = { value: '2025-12-31', source: 'letter', reference: 'L-1', confirmedOn: TODAY };
    const refused = await termination.try('confirmations/effectiveDate', before);
    expect([refused.status, listBrokenRules(refused)]).toEqual([400, ['value before_record']]);
    expect(refused.body.errors[0].message).toMatch(/^is before .*participation.*, 2026-01-01: /);
    expect((await termination.get()).stage).toBe('approved');
    await termination.confirm('effectiveDate', { value: daysAgo(5) });
    await ended(application, 5);
    const moved = await termination.try('confirmations/effectiveDate', { ...before, reason: 'a slip' });
    expect(listBrokenRules(moved)).toEqual(['value before_record']);
  });
});

test('a termination with nothing to end, and a second application beside a participation that goes on, are questioned', async () => {
  const filed = await system.file();
  const idle = await system.open(filed, { kind: 'termination' });
  expect((await idle.get()).questions).toEqual([{ code: 'nothing_to_end', applicationId: null }]);
  await idle.act('withdrawal', { reason: 'opened by mistake' });
  const going = await system.open(filed, { adopt: { stage: 'confirmed', confirmations: createAllFacts() } });
  expect((await going.get()).questions).toEqual([]);
  const second = await system.open(filed);
  expect((await second.get()).questions).toEqual([{ code: 'participation_current', applicationId: going.id }]);
  const termination = await system.open(filed, { kind: 'termination' });
  expect((await termination.get()).questions).toEqual([]);
});

test('a participation that is over through its agreement is asked about no more', async () => {
  const going = await system.at('confirmed');
  const { filed } = going;
  const second = await system.open(filed);
  const termination = await system.open(filed, { kind: 'termination' });
  expect((await second.get()).questions).toEqual([{ code: 'participation_current', applicationId: going.id }]);
  expect((await termination.get()).questions).toEqual([]);
  const { items } = (await system.api.get(`/v1/agreements?practiceId=${filed.practiceId}`)).body;
  const ending = { reason: 'left', source: 'letter', reference: 'L-1' };
  await system.api.post(`/v1/agreements/${items[0].id}/end`, { on: daysAgo(1), ...ending });
  expect(await going.get()).toMatchObject({ participation: { current: false } });
  expect((await second.get()).questions).toEqual([]);
  expect((await termination.get()).questions).toEqual([{ code: 'nothing_to_end', applicationId: null }]);
});

test('a termination waits for no CAQH, licence or malpractice cover', async () => {
  const filed = await system.file({ attested: false });
  await system.api.patch(`/v1/providers/${filed.providerId}`, { licences: [], malpractice: null });
  expect(await (await system.open(filed)).get()).toMatchObject({ stage: 'preparing' });
  expect(await (await system.open(filed, { kind: 'termination' })).get()).toMatchObject({
    stage: 'ready_to_submit',
    attestation: null,
  });
});

describe('retries', () => {
  const key = () => ({ headers: { 'Idempotency-Key': randomUUID() } });

  test('an opening that is sent again is answered as the first time, and is there once', async () => {
    const { providerId, practiceId, payerId } = await system.file();
    const body = { providerId, practiceId, payerId, state: 'CA' };
    const sent = key();
    const replies = await Promise.all([1, 2, 3].map(() => system.api.post('/v1/applications', body, sent)));
    replies.push(await system.api.post('/v1/applications', body, sent));
    expect(replies.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    expect(new Set(replies.map((reply) => reply.body.id)).size).toBe(1);
    expect(replies.at(-1)!.headers.get('location')).toBe(`/v1/applications/${replies[0]!.body.id}`);
    const other = await system.api.post('/v1/applications', { ...body, state: 'NV' }, sent);
    expect([other.status, readProblemType(other)]).toEqual([422, 'idempotency_key_reused']);
  });

  test('an action that is sent again happens once, also all at once, also after the stage has moved on', async () => {
    const application = await system.at('ready_to_submit');
    const sent = key();
    const body = { submittedOn: TODAY, channel: 'fax', referenceNumber: 'R-1' };
    const replies = await Promise.all([1, 2, 3, 4].map(() => application.try('submission', body, sent)));
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    await application.contact('received');
    const late = await application.try('submission', body, sent);
    expect([late.status, late.body.stage]).toEqual([200, 'submitted']);
    const other = await application.try('submission', { ...body, channel: 'mail' }, sent);
    expect([other.status, readProblemType(other)]).toEqual([422, 'idempotency_key_reused']);
    expect((await application.timeline()).filter((entry) => entry.kind === 'submission')).toHaveLength(1);
    const refusal = key();
    const first = await application.try('submission', body, refusal);
    const second = await application.try('submission', body, refusal);
    expect([first.status, second.status]).toEqual([409, 409]);
    expect(second.body).toEqual(first.body);
  });

  test('actions at the same time are recorded one after the other, each once', async () => {
    const application = await system.at('in_review');
    const notes = Array.from({ length: 20 }, (_, n) =>
      application.act('notes', { text: `note ${n}`, visibility: 'client' }),
    );
    const versions = (await Promise.all(notes)).map((answer) => answer.version);
    const { version } = await application.get();
    expect(Math.max(...versions)).toBe(version);
    const texts = (await application.timeline()).flatMap((entry) => (entry.kind === 'note' ? [entry.text] : []));
    expect(texts.sort()).toEqual(Array.from({ length: 20 }, (_, n) => `note ${n}`).sort());
  });

  test('an action whose workflow task fails on the way is sent again', async () => {
    const application = await system.at('in_review');
    const { workflow } = system.api.deps.temporal.client;
    const lost = Object.assign(new Error('unexpected workflow task failure'), { code: 9, details: '', metadata: {} });
    const getHandle = jest.spyOn(workflow, 'getHandle').mockImplementationOnce(() => {
      throw lost;
    });
    const noted = await application.act('notes', { text: 'once', visibility: 'client' });
    expect(getHandle.mock.calls.length).toBeGreaterThan(1);
    getHandle.mockRestore();
    expect(noted.version).toBe((await application.get()).version);
    expect((await application.timeline()).filter(({ text }) => text === 'once')).toHaveLength(1);
  });

  test('an identical confirmation changes nothing; the choice in a dispute does', async () => {
    const application = await system.at('approved');
    const first = await application.confirm('payerProviderId');
    const again = await application.confirm('payerProviderId');
    expect(again.version).toBe(first.version);
    const disputed = await application.confirm('payerProviderId', { value: 'PIN-2', reference: 'another letter' });
    expect(disputed.confirmations.payerProviderId).toMatchObject({
      status: 'disputed',
      value: 'PIN-1',
      against: [{ value: 'PIN-2', reference: 'another letter' }],
    });
    expect(await application.readiness()).toMatchObject({ reasons: expect.arrayContaining(['fact_disputed']) });
    const chosen = await application.confirm('payerProviderId', { value: 'PIN-2', reason: 'the newer letter' });
    expect(chosen.confirmations.payerProviderId).toMatchObject({
      status: 'confirmed',
      value: 'PIN-2',
      reason: 'the newer letter',
    });
    expect(chosen.confirmations.payerProviderId).not.toHaveProperty('against');
  });
});
