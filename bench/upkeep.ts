import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { WORKER_OPTIONS } from '../worker/options';
import { bootSystem, type BootedSystem } from './booted';
import { readRss } from './memory';

/** People with upkeep after each step; both are more than the worker's cache has room for. */
const STEPS = [2000, 6000];
const MANY = 100_000;

/** Adds people, each with an attestation, two licences and a policy, and has their upkeep started. */
const addPeople = ({ sql }: BootedSystem, from: number, to: number) =>
  sql.begin(async (tx) => {
    await tx`
      insert into clients (id, name, time_zone, contact_email)
      select gen_random_uuid(), 'Upkeep', 'America/Chicago', 'a@b.example' where not exists (select from clients)`;
    await tx`insert into persons (id, npi) select gen_random_uuid(), n::text from generate_series(${from}::int, ${to - 1}::int) n`;
    await tx`
      insert into providers (id, client_id, person_id, first_name, last_name, email, malpractice)
      select gen_random_uuid(), (select id from clients limit 1), id, 'Robin', npi, 'a@b.example',
        jsonb_build_object('carrier', 'C', 'policyNumber', npi, 'expiresOn', current_date + 300)
      from persons n where not exists (select from providers p where p.person_id = n.id)`;
    await tx`
      insert into licences (client_id, provider_id, state, number, expires_on)
      select client_id, p.id, s, last_name, current_date + 700 from providers p, unnest(array['CO', 'WY']) s
      on conflict do nothing`;
    await tx`
      insert into attestations (id, client_id, person_id, attested_on, source, recorded_by)
      select gen_random_uuid(), client_id, person_id, current_date, 'provider', '{}' from providers p
      where not exists (select from attestations a where a.person_id = p.person_id)`;
  });

/** Notifies the upkeep of people, and waits until all have been notified. */
async function notifyUpkeep({ sql }: BootedSystem, from: number, to: number): Promise<number> {
  const began = performance.now();
  await sql`
    insert into outbox (topic, subject)
    select 'providerUpkeep', id from persons where npi::int between ${from} and ${to - 1}`;
  await sql`notify outbox`;
  for (;;) {
    const [row] = await sql<[{ left: number }]>`select count(*)::int as left from outbox`;
    if (row.left === 0) break;
    await delay(500);
  }
  // the workers still have to do what the relay notified them of
  await delay(10_000);
  return performance.now() - began;
}

/** Measures the bytes that the Temporal server keeps on disk. */
const measureStored = ({ directory }: BootedSystem): number =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => /temporal[^/]*\.(db|sqlite)(-wal)?$/.test(file))
    .reduce((sum, file) => sum + statSync(join(directory, file)).size, 0);

const formatMebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
const formatKibibytes = (bytes: number): string => (bytes / 2 ** 10).toFixed(1);

/**
 * Measures the cost of a person's upkeep that only waits, and of a wake: in the worker's memory, and on the server's
 * disk.
 */
export async function measureUpkeep(): Promise<void> {
  const booted = await bootSystem();
  try {
    const [few, all] = STEPS as [number, number];
    const measureUse = () => ({ memory: readRss(booted.findPid('worker')), disk: measureStored(booted) });
    const empty = measureUse();
    await addPeople(booted, 0, few);
    await notifyUpkeep(booted, 0, few);
    const first = measureUse();
    await addPeople(booted, few, all);
    const took = await notifyUpkeep(booted, few, all);
    const second = measureUse();
    await notifyUpkeep(booted, 0, few);
    const woken = measureUse();
    const perPerson = (second.disk - first.disk) / (all - few);
    const perWake = (woken.disk - second.disk) / few;
    console.log(`worker with a cache of ${WORKER_OPTIONS.maxCachedWorkflows}, MiB resident; server, MiB on disk`);
    const looks = [
      ['nobody', empty],
      [`${few} people`, first],
      [`${all} people`, second],
      ['woken', woken],
    ] as const;
    for (const [name, { memory, disk }] of looks)
      console.log(`  ${name.padEnd(12)} ${formatMebibytes(memory).padStart(6)} ${formatMebibytes(disk).padStart(6)}`);
    console.log(
      `  worker, per person beyond the first ${few}, KiB   ${formatKibibytes((second.memory - first.memory) / (all - few))}`,
    );
    console.log(`  server, per person, KiB                      ${formatKibibytes(perPerson)}`);
    console.log(`  server, per wake, KiB                        ${formatKibibytes(perWake)}`);
    console.log(`  ${MANY} people, GiB on the server            ${((perPerson * MANY) / 2 ** 30).toFixed(2)}`);
    console.log(`  started and settled, people/s                ${((all - few) / (took / 1000)).toFixed(0)}`);
  } finally {
    await booted.stop();
  }
}
