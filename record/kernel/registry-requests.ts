import { announceFacts, type AnnouncedFact } from './subscribers';
import type { RegistryService, WatchType } from '../../domain/kernel/codes';
import type { Db } from '../../runtime/database';

/** The watch that asks each service about a person. */
export const WATCHES = { caqh: 'caqhStatus', nppes: 'nppesRecord' } as const satisfies Record<
  RegistryService,
  WatchType
>;

/** The fact that makes each of them ask. */
export const LOOKUPS = { caqh: 'CAQH lookup wanted', nppes: 'NPPES lookup wanted' } as const satisfies Record<
  RegistryService,
  AnnouncedFact
>;

/** Finds the name by which people know a service, as the worker's settings have it. */
export async function findServiceName(sql: Db, service: RegistryService): Promise<string> {
  const [known] = await sql<{ name: string }[]>`select name from registry_services where service = ${service}`;
  return known?.name ?? service.toUpperCase();
}

/** Requests a lookup of a person with every service in use; a service that has answered is not asked again before its time. */
export async function requestLookups(tx: Db, personId: string): Promise<void> {
  for (const [service, fact] of Object.entries(LOOKUPS))
    await announceFacts(
      tx,
      fact,
      tx`select ${personId}::uuid from registry_services where service = ${service} and mode = 'api'`,
    );
}
