import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { evaluateBillingReadiness, type ReadinessAnswer, type ReadinessEvidence } from '../../domain/billing/readiness';
import { areTermsInForce } from '../../domain/registry/held-terms';
import type { ApplicationState } from '../../domain/applications/state';
import type { ActionWithBody } from '../../domain/applications/bodies';
import { toLocalDate } from '../../domain/time/calendar';
import { addDays } from '../../domain/time/dates';
import { endAgreement } from '../../record/billing/agreements';
import { readReadinessEvidence, type ReadinessRequest } from '../../record/billing/readiness';
import { keepCommand } from '../../record/applications/commands';
import { openApplication } from '../../record/applications/opening';
import { readHistory, recordStep } from '../../record/applications/recording-step';
import type { Principal } from '../../record/kernel/principal';
import { findProvider, updateProvider } from '../../record/registry/providers';
import type { Licence, Malpractice } from '../../record/registry/held-terms';
import { createDatabase, type Sql } from '../../runtime/database';
import { adoptAsConfirmed, createBook, type Book } from '../support/file';
import { eventually } from '../support/eventually';
import { testKeyring } from '../support/keys';
import { createTestDatabase } from '../support/servers';

let sql: Sql;
let database: Awaited<ReturnType<typeof createTestDatabase>>;
beforeAll(async () => {
  database = await createTestDatabase();
  sql = createDatabase(database.url, { max: 4 });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

const ME: Principal = { type: 'system', id: 'test', name: 'Test', role: 'admin', clientIds: null };
const PLACE = { state: 'CO', lineOfBusiness: 'commercial' } as const;
const TODAY = toLocalDate(new Date().toISOString(), 'America/Denver');
/** The days that are asked about: far enough around today that everything which is said begins and ends among them. */
const REACH = 40;
const DAYS = Array.from({ length: 2 * REACH + 1 }, (_, n) => addDays(TODAY, n - REACH));

type Change =
  | { what: 'licences'; given: Licence[]; correction: boolean }
  | { what: 'cover'; given: Malpractice | null; correction: boolean }
  | { what: 'effective date'; value: string }
  | { what: 'strike'; which: number }
  | { what: 'end of the agreement'; on: string };

const day = fc.integer({ min: -REACH, max: REACH }).map((n) => addDays(TODAY, n));
const isInOrder = ({ issuedOn, startsOn, expiresOn }: { issuedOn?: string; startsOn?: string; expiresOn: string }) =>
  [issuedOn, startsOn, expiresOn].every((one, i, all) =>
    all.slice(0, i).every((other) => !one || !other || other <= one),
  );
const licence = fc
  .record(
    { number: fc.constantFrom('LPC.1', 'LPC.2'), issuedOn: day, startsOn: day, expiresOn: day },
    { requiredKeys: ['number', 'expiresOn'] },
  )
  .filter(isInOrder)
  .map((one): Licence => ({ state: 'CO', ...one }));
const policy = fc
  .record(
    { carrier: fc.constant('HPSO'), policyNumber: fc.constantFrom('P1', 'P2'), startsOn: day, expiresOn: day },
    { requiredKeys: ['carrier', 'policyNumber', 'expiresOn'] },
  )
  .filter(isInOrder);
const seldom = fc.integer({ min: 0, max: 4 }).map((n) => n === 0);
const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constant('licences' as const),
      given: fc.uniqueArray(licence, { maxLength: 2, selector: ({ number }) => number }),
      correction: seldom,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constant('cover' as const), given: fc.option(policy), correction: seldom }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('effective date' as const), value: day }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('strike' as const), which: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('end of the agreement' as const), on: day }) },
);
const histories = fc.array(change, { minLength: 3, maxLength: 7, size: 'max' });

/** One participation on file, with a licence that ends among the days that are asked about. */
async function begin(): Promise<Book & { applicationId: string }> {
  const on = await createBook(sql, { state: 'CO', attestedOn: TODAY });
  const key = {
    ...PLACE,
    providerId: on.providerId,
    practiceId: on.practiceId,
    payerId: on.payerId,
    kind: 'new_individual' as const,
    locationId: null,
  };
  const applicationId = randomUUID();
  const body = { ...key, adopt: adoptAsConfirmed(TODAY) };
  await openApplication(sql, { id: applicationId, clientId: on.clientId, key, body, at: new Date().toISOString() }, ME);
  return { ...on, applicationId };
}

async function act({ clientId, applicationId }: Book & { applicationId: string }, said: ActionWithBody): Promise<void> {
  const commandId = randomUUID();
  await keepCommand(sql, { id: commandId, clientId, applicationId, ...said }, ME);
  const intent = { type: 'command', commandId } as const;
  await recordStep(sql, { applicationId, known: null, at: new Date().toISOString(), intent });
}

async function make(on: Book & { applicationId: string }, made: Change): Promise<void> {
  const patch = async (fields: object) =>
    updateProvider(sql, testKeyring, ME, (await findProvider(sql, ME, on.providerId))!, fields, () => undefined);
  switch (made.what) {
    case 'licences':
      await patch({ licences: made.given, correction: made.correction });
      break;
    case 'cover':
      await patch({ malpractice: made.given, correction: made.correction });
      break;
    case 'effective date': {
      const { value } = made;
      const proof = { source: 'letter', reference: 'L2', confirmedOn: TODAY, reason: 'they corrected it' } as const;
      await act(on, { action: 'confirmations', body: { fact: 'effectiveDate', value, ...proof } });
      break;
    }
    case 'strike': {
      const confirmations = (await readHistory(sql, on.applicationId)).filter(({ kind }) => kind === 'confirmation');
      const { id: entryId } = confirmations[made.which % confirmations.length]!;
      await act(on, { action: 'corrections', body: { entryId, reason: 'logged in error' } });
      break;
    }
    case 'end of the agreement': {
      const [live] = await sql<{ id: string }[]>`
        select id from agreements where practice_id = ${on.practiceId} and ended_on is null`;
      const ending = { on: made.on, reason: 'terminated', source: 'letter', reference: 'L3' } as const;
      if (live) await endAgreement(sql, ME, live.id, randomUUID(), ending, () => undefined);
    }
  }
}

/** An instant after all that was recorded, and before all that will be. */
async function moment(): Promise<string> {
  const tick = (since: string) => eventually(() => Promise.resolve(new Date().toISOString() > since), { every: 1 });
  const before = new Date().toISOString();
  await tick(before);
  const at = new Date().toISOString();
  await tick(at);
  return at;
}

type Gate = (question: ReadinessRequest, evidence: ReadinessEvidence) => ReadinessAnswer;

/** Reads the answers for each of the days, as of each of the instants, or now. */
async function answersFor(
  on: Book,
  instants: readonly (string | undefined)[],
  gate: Gate,
): Promise<ReadinessAnswer[][]> {
  const { providerId, practiceId, payerId } = on;
  const questions = instants.flatMap((asOf) =>
    DAYS.map((dateOfService) => ({ ...PLACE, providerId, practiceId, payerId, dateOfService, ...(asOf && { asOf }) })),
  );
  const found = await readReadinessEvidence(sql, ME, questions);
  const all = found.map((one, i) => {
    if ('unknown' in one) throw new Error(`unknown: ${one.unknown.join()}`);
    return gate(questions[i]!, one.evidence);
  });
  return instants.map((_, n) => all.slice(n * DAYS.length, (n + 1) * DAYS.length));
}

/** The days that were stated to be in a term of a licence. */
interface SaidTerm {
  from: string;
  through: string;
}
const EVER = '0001-01-01';

/** Adds the statements of a given list of licences: one without a stated first day begins no earlier than `unsaid`. */
function addSaid(said: readonly SaidTerm[], given: readonly Licence[], unsaid: string): SaidTerm[] {
  const [first, ...more] = said as [SaidTerm, ...SaidTerm[]];
  const starts = given.map(({ issuedOn, startsOn = issuedOn ?? TODAY }) => startsOn);
  // the licence that was on file from the first has ended where its end is said, or where others take its place
  const goneBy = [TODAY, ...starts].map((date) => addDays(date, -1)).sort();
  const ends = given.find(({ number }) => number === 'LPC.1')?.expiresOn ?? goneBy.at(-1)!;
  return [
    { ...first, through: [first.through, ends].sort()[0]! },
    ...more,
    // a last day is a day on which it holds
    ...given.map(({ issuedOn, startsOn = issuedOn ?? unsaid, expiresOn: through }) => ({
      from: [startsOn, through].sort()[0]!,
      through,
    })),
  ];
}

/** Lives a history, looks after each change at every day, and again in the end as of each instant. */
async function live(history: readonly Change[], gate: Gate): Promise<{ yes: number; turned: number }> {
  const on = await begin();
  // the first licence on file has no first day
  let said: SaidTerm[] = [{ from: EVER, through: '2099-12-31' }];
  let terms: Licence[] = [];
  const seen: { at: string; answers: ReadinessAnswer[] }[] = [];
  for (const made of [null, ...history]) {
    if (made) await make(on, made);
    const at = await moment();
    const [answers] = await answersFor(on, [undefined], gate);
    seen.push({ at, answers: answers! });
    if (made?.what === 'licences')
      said = addSaid(said, made.given, made.correction || terms.length === 0 ? EVER : TODAY);
    const { licences, formerLicences } = (await findProvider(sql, ME, on.providerId))!;
    terms = [...licences, ...formerLicences];
    const [row] = await sql<{ snapshot: ApplicationState }[]>`
      select snapshot from applications where id = ${on.applicationId}`;
    const { effectiveDate } = row!.snapshot.facts;
    const [ended] = await sql<{ endedOn: string }[]>`
      select max(ended_on) as ended_on from agreements where practice_id = ${on.practiceId}`;
    const outside = DAYS.filter((date, i) => {
      if (!answers![i]!.mayBill) return false;
      const inTerm = areTermsInForce(terms, date) && said.some(({ from, through }) => from <= date && date <= through);
      const inNetwork = effectiveDate?.status === 'confirmed' && effectiveDate.effectiveOn! <= date;
      return !inTerm || !inNetwork || (ended!.endedOn !== null && date > ended!.endedOn);
    });
    expect({ after: made, outside }).toEqual({ after: made, outside: [] });
  }
  const instants = seen.map(({ at }) => at);
  const then = await answersFor(on, instants, gate);
  for (const [i, { at, answers }] of seen.entries())
    expect({ at, after: history[i - 1] ?? null, answers: then[i] }).toEqual({
      at,
      after: history[i - 1] ?? null,
      answers,
    });
  return {
    yes: seen.flatMap(({ answers }) => answers).filter(({ mayBill }) => mayBill).length,
    turned: seen.filter(({ answers }, i) => i > 0 && JSON.stringify(answers) !== JSON.stringify(seen[i - 1]!.answers))
      .length,
  };
}

const over = (gate: Gate, look: (what: { yes: number; turned: number }) => void = () => undefined) =>
  fc.asyncProperty(histories, async (history) => look(await live(history, gate)));
/** Histories that were answered wrongly once. */
const licenceOf = (number: string, expiresIn: number, more: Partial<Licence> = {}): Licence => ({
  state: 'CO',
  number,
  expiresOn: addDays(TODAY, expiresIn),
  ...more,
});
const give = (given: Licence[], correction = false): Change => ({ what: 'licences', given, correction });
const AHEAD = give([licenceOf('LPC.2', 30, { startsOn: addDays(TODAY, 8) })]);
const ONCE_WRONG: Change[][] = [
  // a successor that was never theirs, with nothing in its place
  [AHEAD, give([], true)],
  [AHEAD, give([licenceOf('LPC.2', 0)], true)],
  [AHEAD, give([licenceOf('LPC.1', -20)], true)],
  [
    give([licenceOf('LPC.1', 20, { startsOn: addDays(TODAY, -2) })], true),
    give([licenceOf('LPC.1', 20, { issuedOn: TODAY })], true),
  ],
];
/** A failing history is reported as it was: to live it shorter takes longer than to read it. */
const LIVED = { endOnFailure: true };

test('for any history of licences, spans, agreements, facts and corrections, the answer for a date of service as of an instant never changes by what is recorded later, and never says yes outside of a term', async () => {
  const seen = { yes: 0, turned: 0 };
  await fc.assert(
    over(evaluateBillingReadiness, ({ yes, turned }) => {
      seen.yes += yes;
      seen.turned += turned;
    }),
    { ...LIVED, numRuns: 30, examples: ONCE_WRONG.map((history): [Change[]] => [history]) },
  );
  // there was something to see
  expect(seen.yes).toBeGreaterThan(100);
  expect(seen.turned).toBeGreaterThan(30);
}, 240_000);

describe('that is noticed where', () => {
  const isNoticed = async (gate: Gate) => (await fc.check(over(gate), { ...LIVED, numRuns: 60 })).failed;

  test('the record forgets what former terms were', async () => {
    await sql`alter table providers disable trigger earlier`;
    expect(await isNoticed(evaluateBillingReadiness)).toBe(true);
    await sql`alter table providers enable trigger earlier`;
  }, 240_000);

  test('billing readiness takes no notice of first days', async () => {
    const blind: Gate = (question, evidence) =>
      evaluateBillingReadiness(question, {
        ...evidence,
        licenceTerms: evidence.licenceTerms.map(({ expiresOn }) => ({ expiresOn })),
      });
    expect(await isNoticed(blind)).toBe(true);
  }, 240_000);
});
