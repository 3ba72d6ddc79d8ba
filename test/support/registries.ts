import { StandInCaqh } from '../../local/stand-ins/caqh';
import { StandInLeie } from '../../local/stand-ins/leie';
import { StandInNppes } from '../../local/stand-ins/nppes';
import type { Principal } from '../../record/kernel/principal';
import { setServices } from '../../record/sources/lookups';
import { findProvider } from '../../record/registry/providers';
import { Caqh } from '../../registries/caqh';
import { Leie } from '../../registries/leie';
import { Nppes } from '../../registries/nppes';
import { eventually } from './eventually';
import type { Book } from './file';
import { Lives } from './lives';

export const PRINCIPAL: Principal = { type: 'system', id: 'test', name: 'Test', role: 'admin', clientIds: null };

export let lives: Lives;
export let theirs: StandInCaqh;
export let registry: StandInNppes;
export let oig: StandInLeie;

/** A CAQH, an NPPES and an OIG that stand in for the real ones, and the clients with which they are asked. */
export async function startStandIns() {
  const caqh = await new StandInCaqh().listen();
  const nppes = await new StandInNppes().listen();
  const leie = await new StandInLeie().listen();
  const account = { organizationId: '4321', username: 'operator', password: 'secret', product: 'PV', timeoutMs: 1000 };
  return {
    caqh,
    nppes,
    leie,
    registries: {
      caqh: new Caqh({ url: caqh.url, ...account }),
      nppes: new Nppes({ url: nppes.url, timeoutMs: 1000 }),
      leie: new Leie({ url: leie.url, timeoutMs: 1000 }),
    },
    async stop() {
      await caqh.stop();
      await nppes.stop();
      await leie.stop();
    },
  };
}
export type StandIns = Awaited<ReturnType<typeof startStandIns>>;

/** Lives on the skipping server beside registries that stand in for the real ones; of each test file its own. */
export function useLivesWithRegistries(): void {
  let outside: StandIns;
  beforeAll(async () => {
    outside = await startStandIns();
    ({ caqh: theirs, nppes: registry, leie: oig } = outside);
    lives = await Lives.begin({ registries: outside.registries });
  });
  afterAll(async () => {
    await lives.stop();
    await outside.stop();
  });
  beforeEach(async () => {
    await turn('api');
    for (const service of [theirs, registry, oig]) {
      service.behaviour = 'answers';
      service.calls.length = 0;
    }
  });

  // persons of earlier tests are no longer watched
  afterEach(() => turn('off'));
}

const turn = (mode: 'api' | 'off') =>
  setServices(lives.sql, { caqh: { mode, name: 'CAQH' }, nppes: { mode, name: 'NPPES' } });

let ids = 20_000_000;

/** Creates a person whom CAQH knows as the test says. */
export async function createKnownPerson(on: Book, says: object = {}) {
  const caqhId = String(++ids);
  const [{ npi }] = await lives.sql<[{ npi: string }]>`select npi from persons where id = ${on.personId}`;
  await lives.sql`update providers set caqh_id = ${caqhId} where id = ${on.providerId}`;
  const provider = { caqhId, npi, providerStatus: 'Re-Attestation', statusDate: compact(await lives.today()), ...says };
  theirs.providers.push(provider);
  return provider;
}

const compact = (date: string) => date.replaceAll('-', '');
export const askCaqh = (personId: string) => lives.dispatch.notifyWatch('caqhStatus', personId);
export const readRegistryState = async ({ providerId }: Book) =>
  (await findProvider(lives.sql, PRINCIPAL, providerId))!.registries;
export const waitForAnswer = (on: Book, service: 'caqh' | 'nppes', status: string) =>
  eventually(async () => (await readRegistryState(on))[service].status === status);
