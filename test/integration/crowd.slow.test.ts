import { randomUUID } from 'node:crypto';
import { CLIENT, PAYER, PRACTICE, PROVIDER } from '../support/api';
import { eventually } from '../support/eventually';
import { freshNpi } from '../support/file';
import { freshPlace, StartedSystem } from '../support/started-system';
import type { Answer, Api } from '../../local/http';

const CALLERS = 12;
const NOTES = 2_500;
/** The bystander acts once in so many notes of the crowd's. */
const BETWEEN = 25;

let place: Awaited<ReturnType<typeof freshPlace>>;
let api: Api;
beforeAll(async () => {
  place = await freshPlace();
  api = (await new StartedSystem(place.directory, place.port).ready()).api();
});
afterAll(() => place.remove());

async function open(): Promise<string> {
  const { id: clientId } = await api.post('/v1/clients', CLIENT);
  const practice = await api.post(`/v1/clients/${clientId}/practices`, { ...PRACTICE, npi: freshNpi() });
  const provider = await api.post(`/v1/clients/${clientId}/providers`, { ...PROVIDER, npi: freshNpi() });
  const payer = await api.post('/v1/payers', { ...PAYER, name: `Payer ${randomUUID()}` });
  const scope = { providerId: provider.id, practiceId: practice.id, payerId: payer.id, state: 'CA' };
  return `/v1/applications/${(await api.post('/v1/applications', scope)).id}`;
}

/** Adds a note; whether the answer says that it is recorded, and not that it is on its way. */
async function note(path: string, text: string): Promise<boolean> {
  const answer = await api.post(`${path}/notes`, { text, visibility: 'internal' });
  return answer.status !== 'on_its_way';
}

/** The texts of all notes of an application, in the order in which they were recorded. */
async function notes(path: string): Promise<string[]> {
  const texts: string[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: Answer = await api.get(`${path}/timeline?limit=200${cursor && `&cursor=${cursor}`}`);
    texts.push(...page.items.filter(({ kind }: Answer) => kind === 'note').map(({ text }: Answer) => text));
    cursor = page.nextCursor;
  }
  return texts;
}

test('twelve clients with 2,500 notes on one application: every note is recorded once, and nothing of the bystander’s waits behind them', async () => {
  const [crowded, quiet] = [await open(), await open()];
  const asked = Array.from({ length: CALLERS }, () => [] as string[]);
  let left = NOTES;
  const crowd = Promise.all(
    asked.map(async (mine, caller) => {
      while (left > 0) {
        left -= 1;
        const text = `${caller}/${mine.length}`;
        mine.push(text);
        await note(crowded, text);
      }
    }),
  );

  const bystander: string[] = [];
  const waited: string[] = [];
  for (let next = NOTES - BETWEEN; next > 0; next -= BETWEEN) {
    await eventually(() => left <= next, { within: 120_000 });
    const text = `bystander/${bystander.length}`;
    bystander.push(text);
    if (!(await note(quiet, text))) waited.push(text);
  }
  await crowd;
  expect(waited).toEqual([]);
  expect(await notes(quiet)).toEqual(bystander);

  await eventually(async () => (await notes(crowded)).length >= NOTES, { within: 120_000, every: 1_000 });
  const recorded = await notes(crowded);
  expect(recorded).toHaveLength(NOTES);
  for (const [caller, mine] of asked.entries())
    expect(recorded.filter((text) => text.startsWith(`${caller}/`))).toEqual(mine);
});
