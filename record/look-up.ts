import type { RegistryService, WatchType } from '../domain/codes';
import type { Db } from '../runtime/database';
import { enqueueEach } from './outbox';

/** Who asks each service about a person. */
export const WATCHES = { caqh: 'caqhStatus', nppes: 'nppesRecord' } as const satisfies Record<
  RegistryService,
  WatchType
>;

/** The name by which people know a service, as the worker's settings have it. */
export async function nameOf(sql: Db, service: RegistryService): Promise<string> {
  const [known] = await sql<{ name: string }[]>`select name from registry_services where service = ${service}`;
  return known?.name ?? service.toUpperCase();
}

/** A person is to be looked up anew with every service that is asked. */
export async function lookUpAnew(tx: Db, personId: string): Promise<void> {
  await tx`update registry_records set next_check_at = null, in_turn = false where person_id = ${personId}`;
  for (const [service, watch] of Object.entries(WATCHES))
    await enqueueEach(
      tx,
      watch,
      tx`select ${personId}::uuid from registry_services where service = ${service} and mode = 'api'`,
    );
}
