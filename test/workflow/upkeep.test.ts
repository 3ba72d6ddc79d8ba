import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { TASK_QUEUE } from '../../dispatch/dispatch';
import type { PlainDate } from '../../domain/time/instants';
import { buildApplicationView } from '../../domain/applications/view';
import { FACTS } from '../../domain/kernel/codes';
import type { Mail, Mailer } from '../../outreach/mail';
import { recordEnding } from '../../record/offboarding/endings';
import type { Principal } from '../../record/kernel/principal';
import { createDocument } from '../../record/registry/documents';
import { readUpkeep } from '../../record/upkeep/upkeep-list';
import { startRelay, type Relay } from '../../worker/relay';
import { eventually } from '../support/eventually';
import { extent } from '../support/extent';
import { isWorkday } from '../support/independent-calendar';
import { attestPerson, createBook, type Book } from '../support/file';
import { Life, Lives } from '../support/lives';

const PRINCIPAL: Principal = { type: 'system', id: 'test', name: 'Test', role: 'admin', clientIds: null };

const sent: Mail[] = [];
const mailer: Mailer = {
  send: (mail) => {
    sent.push(mail);
    return Promise.resolve();
  },
};

let lives: Lives;
/** Only while a test needs one. */
let relay: Relay | undefined;
beforeAll(async () => {
  lives = await Lives.begin({ mailer });
});
afterAll(async () => {
  await relay?.stop();
  await lives.stop();
});

// arithmetic of this test's own
const DAY_MS = 86_400_000;
const plus = (day: PlainDate, days: number): PlainDate =>
  new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
const daysFrom = (from: PlainDate, to: PlainDate): number => (Date.parse(to) - Date.parse(from)) / DAY_MS;
/** So many days before another, or on the last day before that on which people work. */
const workdayBefore = (day: PlainDate, days: number): PlainDate => {
  let on = plus(day, -days);
  while (!isWorkday(on)) on = plus(on, -1);
  return on;
};
const threeYearsOn = (day: PlainDate): PlainDate =>
  `${Number(day.slice(0, 4)) + 3}${day.slice(4).replace('02-29', '02-28')}`;
const DENVER = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/Denver' });
const inDenver = (at: string): PlainDate => DENVER.format(new Date(at));
const LADDER = {
  attestation: [-30, -15, -10, -5, 1, 14, 28, 42],
  licence: [-90, -60, -30, -14, -7, 1],
  malpractice: [-90, -60, -30, -14, -7, 1],
};
type Kind = keyof typeof LADDER;

/** The number of people in a test that has the upkeep continue as new: so many at once, so often each. */
const PEOPLE = 4;
const ROUNDS = extent(55);

const workflowId = ({ personId }: Book) => `providerUpkeep/${personId}`;

/** Starts a person's upkeep so that it continues as new all the time. */
const watchOver = (on: Book, continueAfter: number) =>
  lives.env.client.workflow.start('providerUpkeep', {
    workflowId: workflowId(on),
    taskQueue: TASK_QUEUE,
    args: [{ subject: on.personId, continueAfter }],
  });

/** How many runs the upkeep has had. */
async function runs(on: Book): Promise<number> {
  let count = 0;
  for (let runId: string | undefined; count === 0 || runId; count += 1) {
    const { events } = await lives.env.client.workflow.getHandle(workflowId(on), runId).fetchHistory();
    runId = events![0]!.workflowExecutionStartedEventAttributes!.continuedExecutionRunId || undefined;
  }
  return count;
}

/** Waits until the upkeep has taken its notice. */
const waitForUpkeep = (on: Book) =>
  eventually(
    async () => {
      const { events } = await lives.env.client.workflow.getHandle(workflowId(on)).fetchHistory();
      const last = events!.at(-1)!;
      return last.timerStartedEventAttributes || last.workflowExecutionCompletedEventAttributes;
    },
    { every: 10 },
  );

/** Tells the upkeep of a change that was made. */
async function tell(on: Book): Promise<void> {
  await lives.dispatch.notifyWatch('providerUpkeep', on.personId);
  await waitForUpkeep(on);
}

/** At six in the morning in Denver: before anything is said on that day. */
async function sleepUntil(day: PlainDate, time = '13:00'): Promise<void> {
  const ms = Date.parse(`${day}T${time}:00.000Z`) - (await lives.env.currentTimeMs());
  if (ms > 0) await lives.env.sleep(ms);
}

/** From now on what is queued for a recipient counts as gone out at once, so that nothing of it is taken back. */
const sendAtOnce = (recipientId: string) =>
  lives.sql.unsafe(`
    create or replace function sent_at_once() returns trigger language plpgsql as
      $$ begin new.status := 'sent'; return new; end $$;
    create trigger "${recipientId}" before insert on messages
      for each row when (new.recipient_id = '${recipientId}') execute function sent_at_once()`);

interface Said {
  on: PlainDate;
  item: Kind;
  state: string | null;
  dueOn: PlainDate;
  rung: number;
}

/** Lists what the person was reminded of, with the day in Denver. */
async function said({ providerId }: Book): Promise<Said[]> {
  const rows = await lives.sql<{ notBefore: string; data: Omit<Said, 'on'> }[]>`
    select not_before, data from messages
    where recipient_id = ${providerId} and template = 'upkeep_due' order by not_before, data->>'item', data->>'state'`;
  return rows.map(({ notBefore, data }) => ({ on: inDenver(notBefore), ...data }));
}

/** Something that holds through `dueOn`, as the file states it from one day until the day before another. */
interface Statement {
  item: Kind;
  state: string | null;
  dueOn: PlainDate;
  from: PlainDate;
  until: PlainDate;
}

/**
 * Computes the reminders of a statement: the days of the schedule that fell while it was on file, and the last of those
 * missed.
 */
function expected({ item, state, dueOn, from, until }: Statement): Said[] {
  const schedule = LADDER[item].map((rung) => ({
    rung,
    on: rung > 0 ? plus(dueOn, rung) : workdayBefore(dueOn, -rung),
  }));
  const missed = schedule.filter(({ on }) => on < from).at(-1);
  const fell = schedule.filter(({ on }) => from <= on && on < until);
  return [...(missed ? [{ rung: missed.rung, on: from }] : []), ...fell].map((one) => ({ ...one, item, state, dueOn }));
}

/**
 * Lists the reminders of a participation's recredentialing: the day in Denver, to whom, which day of the schedule, and
 * for which day.
 */
async function saidOfRecredentialing({ id }: Life): Promise<string[]> {
  const rows = await lives.sql<{ key: string; notBefore: string; dueOn: PlainDate }[]>`
    select key, not_before, data->>'dueOn' as due_on from messages
    where application_id = ${id} and template like 'recredentialing%' order by not_before, key`;
  return rows.map(({ key, notBefore, dueOn }) => [inDenver(notBefore), ...key.split('/').slice(-2), dueOn].join(' '));
}

/** The applications by which a participation was renewed, or should have been. */
async function renewalsOf({ id, book: on }: Life): Promise<Life[]> {
  const rows = await lives.sql<{ id: string }[]>`
    select id from applications where previous_id = ${id} and kind = 'recredentialing' order by created_at`;
  return rows.map((row) => new Life(lives, row.id, on));
}

const inOrder = (all: Said[]) =>
  all.toSorted((a, b) =>
    JSON.stringify([a.on, a.item, a.state]).localeCompare(JSON.stringify([b.on, b.item, b.state])),
  );

test('eight years of one person, one recredentialing done and one missed: every reminder exactly once, while it continues as new again and again', async () => {
  const { sql, dispatch } = lives;
  // queued mail counts as gone out: nothing has to be sent with it
  const changed: typeof dispatch.notifyWatch = (watch, subject) =>
    watch === 'outreach' ? Promise.resolve() : dispatch.notifyWatch(watch, subject);
  relay = startRelay({ sql, dispatch: { ...dispatch, notifyWatch: changed }, logger: pino({ level: 'silent' }) });
  const on = await createBook(sql);
  const lead = randomUUID();
  await sql`insert into users ${sql({ id: lead, name: 'Lee', email: `${lead}@operator.example`, role: 'lead', clientIds: [on.clientId], timeZone: 'UTC' })}`;
  const day0 = plus(await lives.today(), 2);
  const end = plus(day0, 8 * 365 + 2);
  await sleepUntil(day0);

  // attestations: days of the years on which they were made; mostly in time, some late, one long after the lapse
  const attestedDays = [0, 110, 225, 350];
  for (let day = 350, n = 0; day < 8 * 365; n++) {
    day += [112, 119, 120, 131, 160, 118, 300][n % 7]!;
    attestedDays.push(day);
  }
  // licences and the policy: renewed every two years or one, early, on the last day, and once forgotten for months
  const terms: Record<string, { dueAfter: number; renewedAfter: number }[]> = {
    'licence CO': [
      { dueAfter: 400, renewedAfter: 370 },
      { dueAfter: 1130, renewedAfter: 1130 },
      { dueAfter: 1860, renewedAfter: 1940 },
      { dueAfter: 2590, renewedAfter: 2495 },
      { dueAfter: 3320, renewedAfter: 4000 },
    ],
    'licence WY': [
      { dueAfter: 20, renewedAfter: 15 },
      { dueAfter: 750, renewedAfter: 700 },
      { dueAfter: 1480, renewedAfter: 1475 },
      { dueAfter: 2210, renewedAfter: 2200 },
      { dueAfter: 2940, renewedAfter: 4000 },
    ],
    malpractice: Array.from({ length: 9 }, (_, year) => ({
      dueAfter: 365 * (year + 1) - 65,
      renewedAfter: year === 4 ? 365 * (year + 1) + 40 : 365 * (year + 1) - 80,
    })),
  };

  const changes = new Map<number, (() => Promise<void>)[]>();
  const statements: Statement[] = [];
  const change = (day: number, what: () => Promise<void>) => changes.set(day, [...(changes.get(day) ?? []), what]);
  for (const [i, day] of attestedDays.entries()) {
    const from = plus(day0, day);
    const next = attestedDays[i + 1];
    statements.push({
      item: 'attestation',
      state: null,
      dueOn: plus(from, 120),
      from,
      until: [end, plus(day0, next ?? 10 * 365)].sort()[0]!,
    });
    change(day, () => attestPerson(sql, on, from));
  }
  for (const [what, periods] of Object.entries(terms)) {
    const [item, state = null] = what.split(' ') as [Kind, string?];
    let from = 0;
    for (const { dueAfter, renewedAfter } of periods) {
      const dueOn = plus(day0, dueAfter);
      const until = plus(day0, Math.min(renewedAfter, 8 * 365 + 2));
      statements.push({ item, state, dueOn, from: plus(day0, from), until });
      change(from, async () => {
        const malpractice = { carrier: 'HPSO', policyNumber: 'P1', expiresOn: dueOn };
        if (item === 'malpractice')
          await sql`update providers set malpractice = ${sql.json(malpractice)} where id = ${on.providerId}`;
        else
          await sql`
            insert into licences ${sql({ clientId: on.clientId, providerId: on.providerId, state, number: 'L', expiresOn: dueOn })}
            on conflict (provider_id, state, number) do update set expires_on = excluded.expires_on`;
      });
      from = renewedAfter;
    }
  }
  // a participation: its first renewal is decided in time, what the payer writes of the second is not answered
  const at = (day: PlainDate, what: () => Promise<void>) => change(daysFrom(day0, day), what);
  const decided = plus(day0, 6);
  const dues = [threeYearsOn(decided), threeYearsOn(plus(threeYearsOn(decided), -60))];
  const decidedAgain = plus(dues[0]!, -60);
  let life!: Life;
  at(day0, async () => {
    life = await lives.open({ book: on });
    await life.act('submission', { submittedOn: day0, channel: 'payer_portal' });
  });
  at(decided, async () => void (await life.contact('committee')));
  at(plus(decided, 8), async () => {
    await life.contact('approved');
    for (const fact of FACTS) await life.confirm(fact, fact === 'effectiveDate' ? { value: decided } : {});
  });
  at(decidedAgain, async () => {
    const [renewal] = await renewalsOf(life);
    await dispatch.startApplication(renewal!.id);
    await dispatch.notifyFileChanged(renewal!.id);
    await eventually(async () => (await renewal!.state()).stage === 'ready_to_submit');
    await renewal!.act('submission', { submittedOn: decidedAgain, channel: 'payer_portal' });
    await renewal!.contact('committee');
  });
  at(plus(decidedAgain, 8), async () => {
    const [renewal] = await renewalsOf(life);
    await renewal!.contact('approved');
    await eventually(async () => (await life.state()).participation?.cycle?.from === decidedAgain);
  });
  const status = async () =>
    buildApplicationView(await life.state(), await lives.now(), 'America/Denver').participation?.recredentialing
      ?.status;
  at(plus(dues[1]!, 10), async () => {
    expect(await status()).toBe('late');
    expect(await life.items()).toContain('recover_recredentialing');
  });
  at(plus(dues[1]!, 40), async () => expect(await status()).toBe('initial_again'));
  await sql`delete from licences where provider_id = ${on.providerId}`;
  await sendAtOnce(on.providerId);
  await watchOver(on, 10);

  const days = [...changes.keys()].filter((day) => plus(day0, day) < end).sort((a, b) => a - b);
  for (const day of days) {
    await sleepUntil(plus(day0, day));
    for (const made of changes.get(day)!) await made();
    await tell(on);
  }
  await sleepUntil(end);
  await eventually(async () => (await said(on)).length >= statements.flatMap(expected).length);
  expect(inOrder(await said(on))).toEqual(inOrder(statements.flatMap(expected)));
  expect(new Set((await said(on)).map(({ rung: at }) => at)).size).toBeGreaterThan(9);
  expect(await runs(on)).toBeGreaterThan(30);

  const RUNGS = { opened: 180, '120': 120, '90': 90 };
  const ahead = dues.flatMap((dueOn) =>
    Object.entries(RUNGS).map(([what, before]) => `${workdayBefore(dueOn, before)} ${what} provider ${dueOn}`),
  );
  const missed = ['client', 'lead'].map((who) => `${plus(dues[1]!, 1)} missed ${who} ${dues[1]}`);
  expect(await saidOfRecredentialing(life)).toEqual([...ahead, ...missed].toSorted());
  const renewals = await Promise.all((await renewalsOf(life)).map((renewal) => renewal.state()));
  expect(renewals.map(({ openedAt, stage }) => [inDenver(openedAt), stage])).toEqual([
    [workdayBefore(dues[0]!, 180), 'confirmed'],
    [workdayBefore(dues[1]!, 180), expect.not.stringMatching('confirmed')],
  ]);
  await relay.stop();
});

test('in Illinois alone the cycle has 180 days, and 120 from the day on which another licence is on file', async () => {
  const { sql } = lives;
  const today = await lives.today();
  const on = await createBook(sql, { state: 'IL', attestedOn: today });
  await sendAtOnce(on.providerId);
  await tell(on);
  await sleepUntil(plus(today, 100));
  expect(await said(on)).toEqual([]);
  const { clientId, providerId } = on;
  await sql`insert into licences ${sql({ clientId, providerId, state: 'WI', number: 'W', expiresOn: '2099-12-31' })}`;
  await tell(on);
  await sql`delete from licences where provider_id = ${providerId} and state = 'WI'`;
  await tell(on);
  await sleepUntil(plus(today, 151));
  await eventually(async () => (await said(on)).length === 2);
  expect((await said(on)).map(({ dueOn, rung: at }) => [dueOn, at])).toEqual([
    [plus(today, 120), -30],
    [plus(today, 180), -30],
  ]);
});

test('messages that arrive while it continues as new, in full hundreds of times, are neither lost nor doubled', async () => {
  const expiresOn = plus(await lives.today(), 20);
  const people = await Promise.all(Array.from({ length: PEOPLE }, () => createBook(lives.sql)));
  // one after the other: each replaces the trigger's function
  for (const { providerId } of people) await sendAtOnce(providerId);
  const put = async ({ clientId, providerId, personId }: Book, kind: string) => {
    await createDocument(lives.sql, PRINCIPAL, randomUUID(), clientId, {
      kind,
      name: 'a.pdf',
      sha256: 'a'.repeat(64),
      providerId,
      expiresOn,
    });
    await deliverNotice(personId);
  };
  await Promise.all(
    people.map(async (on) => {
      await watchOver(on, 4);
      for (let round = 0; round < ROUNDS; round++) {
        // a notice that has not arrived by now never will
        await lives.sql`delete from documents where provider_id = ${on.providerId}`;
        // the first makes the run end; the others come while it does
        await Promise.all([0, 1, 2].map((n) => put(on, `paper ${round}.${n}`)));
        await waitForUpkeep(on);
      }
    }),
  );
  for (const on of people) {
    await eventually(async () => (await said(on)).length >= 3 * ROUNDS);
    expect(await said(on)).toHaveLength(3 * ROUNDS);
  }
  const continued = await Promise.all(people.map(runs));
  expect(continued.reduce((sum, one) => sum + one)).toBeGreaterThan(extent(200));
});

/** Delivers as the relay does, again if the run has just ended: this server finds it running, then refuses it as completed. */
const deliverNotice = (personId: string) =>
  eventually(() => lives.dispatch.notifyWatch('providerUpkeep', personId).then(() => true));

describe('awkward scenario 1: the attestation lapses mid-application', () => {
  async function underWay() {
    const assignee = randomUUID();
    const life = await lives.open({ attestedDaysAgo: 60 });
    await lives.sql`insert into users ${lives.sql({ id: assignee, name: 'Sam', email: `${assignee}@operator.example`, role: 'specialist', timeZone: 'UTC' })}`;
    await sendAtOnce(assignee);
    await life.act('assignment', { assignee });
    await life.act('submission', { submittedOn: await lives.today(), channel: 'payer_portal' });
    await life.contact('in_review');
    await tell(life.book);
    const listNotices = async () =>
      (
        await lives.sql<{ template: string; data: { rung?: number; dueOn: string } }[]>`
          select template, data from messages where recipient_id = ${assignee} and template <> 'escalation'
          order by not_before`
      ).map(({ template, data }) => (data.rung === undefined ? template : `${template} ${data.rung}`));
    return { life, listNotices };
  }
  const fileEntries = async (life: Awaited<ReturnType<typeof underWay>>['life']) =>
    (await life.entries()).filter(({ kind }) => kind === 'file');

  test('1: a lapse before the expected decision is warned of, once', async () => {
    const { life, listNotices } = await underWay();
    expect(await listNotices()).toEqual(['lapse_predicted']);
    await lives.env.sleep('20 days');
    await tell(life.book);
    expect(await listNotices()).toEqual(['lapse_predicted']);
  });

  test('1: it raises a blocker, restarts nothing, keeps the payer’s timers, and goes when the provider attests', async () => {
    const { life, listNotices } = await underWay();
    const { attempt, submittedOn, followUps } = await life.state();
    const lapsed = await life.until((s) => s.blockers.length > 0, '70 days');
    expect(lapsed).toMatchObject({
      stage: 'in_review',
      attempt,
      submittedOn,
      blockers: [{ code: 'attestation_lapsed' }],
    });
    expect(lapsed.followUps.credentialing!.armedBy).toBe(followUps.credentialing!.armedBy);
    await lives.env.sleep('1 day');
    await eventually(async () => (await listNotices()).includes('upkeep_lapsed 1'));
    // its own timer woke it, and nobody else did
    expect(await fileEntries(life)).toHaveLength(1);
    const tasks = () => lives.sql`
      select from tasks where subject_id = ${life.book.providerId} and kind = 'upkeep' and closed_at is null`;
    expect(await tasks()).toHaveLength(1);

    await lives.env.sleep('15 days');
    await eventually(async () => (await listNotices()).includes('upkeep_lapsed 14'));
    await life.attest();
    await tell(life.book);
    const current = await life.until((s) => s.blockers.length === 0, '1 days');
    expect(current).toMatchObject({ stage: 'in_review', attempt, submittedOn });
    expect(await fileEntries(life)).toHaveLength(2);
    expect(await tasks()).toHaveLength(0);
    await lives.env.sleep('40 days');
    expect(await listNotices()).toEqual(['lapse_predicted', 'upkeep_lapsed 1', 'upkeep_lapsed 14']);
  });
});

describe('messages', () => {
  const to = (address: string) => sent.filter((mail) => mail.to === address).map(({ subject }) => subject);

  test('reaches the provider within people’s hours, and no more once it is renewed', async () => {
    const { sql } = lives;
    const today = await lives.today();
    const on = await createBook(sql, { attestedOn: plus(today, -80) });
    const address = `${on.providerId}@example.org`;
    await sql`update providers set email = ${address} where id = ${on.providerId}`;
    await tell(on);
    await sleepUntil(plus(today, 11));
    await lives.dispatch.notifyWatch('outreach', on.providerId);
    await lives.env.sleep('5 days');
    await eventually(() => to(address).length === 1);
    expect(to(address)).toEqual([expect.stringMatching(/^Your CAQH attestation holds through /)]);
    // the second day of the schedule has come, and the provider attests before the mail goes out
    await sleepUntil(plus(today, 26));
    await eventually(async () => (await said(on)).length === 2);
    await attestPerson(sql, on, plus(today, 26));
    await tell(on);
    await lives.dispatch.notifyWatch('outreach', on.providerId);
    await lives.env.sleep('20 days');
    expect(to(address)).toHaveLength(1);
  });
});

test('a leaving provider is reminded until the last day and no longer; another client that has the person notices nothing', async () => {
  const { sql, dispatch } = lives;
  relay = startRelay({ sql, dispatch, logger: pino({ level: 'silent' }) });
  const today = await lives.today();
  const [alone, gone, kept] = (await Promise.all([1, 2, 3].map(() => createBook(sql)))) as [Book, Book, Book];
  await sql`update providers set person_id = ${gone.personId} where id = ${kept.providerId}`;
  const all = [alone, gone, kept].map(({ providerId }) => providerId);
  const dea = [{ state: 'CO', number: 'AB1234563', expiresOn: plus(today, -3) }];
  await sql`update providers set dea = ${sql.json(dea)}, email = id || '@example.org' where id = any(${all}::uuid[])`;
  // by a registry, for every client
  for (const { personId } of [alone, gone]) await attestPerson(sql, { personId }, plus(today, -85));
  for (const on of [alone, gone]) await tell(on);
  const lastDay = plus(today, 20);
  const terms = { on: lastDay, reason: 'left_practice', applications: 'withdraw', terminate: false } as const;
  for (const { clientId, providerId } of [alone, gone])
    await recordEnding(
      sql,
      PRINCIPAL,
      randomUUID(),
      { clientId, providerId },
      { ...terms, source: 'email', reference: 'mail' },
    );
  const tasks = async () =>
    (
      await sql<{ subjectId: string }[]>`
        select subject_id from tasks
        where subject_id = any(${all}::uuid[]) and kind = 'upkeep' and data->>'item' = 'dea' and closed_at is null`
    ).map(({ subjectId }) => subjectId);
  const written = ({ providerId }: Book) => sent.filter(({ to }) => to === `${providerId}@example.org`).length;
  const rungsOf = async (...people: Book[]) =>
    (await Promise.all(people.map(said))).flat().flatMap(({ item, rung }) => (item === 'attestation' ? [rung] : []));
  await eventually(async () => (await tasks()).length === 3);

  /** To the day of a reminder, and on by minutes until its mail has left: from then on no later step withdraws it. */
  const untilReminded = async (days: number, ...people: Book[]) => {
    await sleepUntil(workdayBefore(plus(today, 35), days), '17:00');
    await eventually(async () => {
      await lives.env.sleep('1 minute');
      const left = await sql`
        select from messages where status = 'sent' and data @> ${sql.json({ item: 'attestation', rung: -days })}
          and recipient_id = any(${people.map(({ providerId }) => providerId)}::uuid[])`;
      return left.length === people.length;
    });
  };
  await untilReminded(30, alone, gone, kept);
  await untilReminded(15, alone, gone, kept);
  // six in the morning after the last day
  await sleepUntil(plus(lastDay, 1));
  await eventually(async () => (await tasks()).length === 1);
  expect(await tasks()).toEqual([kept.providerId]);
  expect(await rungsOf(alone)).toEqual([-30, -15]);
  expect([await rungsOf(gone), await rungsOf(kept)]).toEqual([
    [-30, -15],
    [-30, -15],
  ]);
  const before = [written(alone), written(gone)];
  await untilReminded(10, kept);
  await untilReminded(5, kept);
  await sleepUntil(plus(today, 40));
  await eventually(async () => (await rungsOf(kept)).includes(1));
  expect(await rungsOf(alone)).toEqual([-30, -15]);
  expect(await rungsOf(gone)).toEqual([-30, -15]);
  expect(await rungsOf(kept)).toEqual([-30, -15, -10, -5, 1]);
  expect([written(alone), written(gone)]).toEqual(before);
  expect(written(kept)).toBeGreaterThanOrEqual(3);
  const ended = await readUpkeep(sql, PRINCIPAL, alone.providerId, await lives.now());
  expect(ended.items.map(({ nextReminderOn }) => nextReminderOn)).toEqual(ended.items.map(() => null));
  const statusOf = async (on: Book) =>
    (await lives.env.client.workflow.getHandle(workflowId(on)).describe()).status.name;
  expect([await statusOf(alone), await statusOf(gone)]).toEqual(['COMPLETED', 'RUNNING']);
  await relay.stop();
});

test('where no client has the person any more, it ends', async () => {
  const on = await createBook(lives.sql, { attestedOn: await lives.today() });
  await tell(on);
  await lives.sql`delete from licences where provider_id = ${on.providerId}`;
  await lives.sql`delete from providers where id = ${on.providerId}`;
  await tell(on);
  const { status } = await lives.env.client.workflow.getHandle(workflowId(on)).describe();
  expect(status.name).toBe('COMPLETED');
  await lives.env.sleep('300 days');
  expect(await said(on)).toEqual([]);
});
