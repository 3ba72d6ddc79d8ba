import { keepRoster, findOpenRosterRequest } from '../record/sources/caqh-roster';
import { recordListAnswer, findListRequest, recordListTrouble } from '../record/sources/exclusion-source';
import { importList, findLatestList, LIST_PRINCIPAL, RefusedList } from '../record/screening/exclusions';
import {
  keepCaqh,
  keepNppes,
  keepLookupTrouble,
  findNewAttestation,
  findLookupSubject,
  type LookupTrouble,
} from '../record/sources/lookups';
import type { Instant } from '../domain/time/instants';
import type { RegistryService } from '../domain/kernel/codes';
import { findListMonth } from '../domain/screening/exclusions';
import type { Caqh } from '../registries/caqh';
import { BadTable } from '../registries/csv';
import { ServiceError } from '../registries/http';
import { readLeie, type FetchedList, type Leie } from '../registries/leie';
import type { Nppes } from '../registries/nppes';
import type { Sql } from '../runtime/database';
import { deriveUuid } from '../runtime/uuid';

/** The services that are asked; one that is left out is not. */
export interface Registries {
  leie?: Leie | undefined;
  caqh?: Caqh | undefined;
  nppes?: Nppes | undefined;
}

/**
 * Asks a service one question and saves its answer. An outage or an unusable answer is saved too and is no failure: the
 * watch decides when to ask again.
 */
export const createQuestions = (sql: Sql, { caqh, nppes, leie }: Registries) => ({
  async caqhStatus(personId: string): Promise<void> {
    const subject = await findLookupSubject(sql, 'caqh', personId);
    if (!subject) return;
    await recordTrouble(sql, 'caqh', personId, subject.at, async () => {
      if (!caqh) throw NOT_HERE;
      const answer = await caqh.readStatus(subject.npi);
      const fresh = await findNewAttestation(sql, personId, null, subject.at, answer);
      const pull = fresh && answer.caqhId ? await caqh.checkReadable(answer.caqhId, fresh) : null;
      await keepCaqh(sql, personId, subject.at, { said: answer, pull });
    });
  },

  async nppesRecord(personId: string): Promise<void> {
    const subject = await findLookupSubject(sql, 'nppes', personId);
    if (!subject) return;
    await recordTrouble(sql, 'nppes', personId, subject.at, async () => {
      if (!nppes) throw NOT_HERE;
      await keepNppes(sql, personId, subject.at, await nppes.readRecord(subject.npi));
    });
  },

  async caqhRoster(requestId: string): Promise<void> {
    const request = await findOpenRosterRequest(sql, requestId);
    if (!request) return;
    const answered = await recordTrouble(sql, 'caqh', request.personId, request.at, async () => {
      if (!caqh) throw NOT_HERE;
      const { kind, batchId, caqhId, personId } = request;
      const came = batchId
        ? ((await caqh.batchResult(batchId)) ?? ('pending' as const))
        : { batchId: await (kind === 'add' ? caqh.addToRoster(caqhId, personId) : caqh.removeFromRoster(caqhId)) };
      await keepRoster(sql, request, came);
    });
    if (!answered) await keepRoster(sql, request, 'failed');
  },

  async exclusionList(): Promise<void> {
    const asked = await findListRequest(sql);
    if (!asked) return;
    const { at, etag } = asked;
    try {
      if (!leie) throw NOT_HERE;
      const list = await leie.fetchUpdate(etag);
      if (list) await takeList(sql, at, list);
      await recordListAnswer(sql, at, list ? list.etag : etag);
    } catch (error) {
      const trouble = findListTrouble(error);
      if (!trouble) throw error;
      await recordListTrouble(sql, at, trouble);
    }
  },
});

/** The failure on a worker without the settings for a service that another worker has set up. */
const NOT_HERE = new ServiceError('unavailable', 'not set up on this worker');

/** Imports the fetched list; the same list again means that the month's is not out yet. */
async function takeList(sql: Sql, at: Instant, { file, sha256, modifiedAt }: FetchedList): Promise<void> {
  const month = findListMonth(modifiedAt, at);
  const latest = await findLatestList(sql);
  if (latest?.sha256 === sha256 && (modifiedAt === null || month <= latest.month)) return;
  await importList(sql, LIST_PRINCIPAL, deriveUuid(['leie', month, sha256]), { month, sha256 }, () => readLeie(file));
}

/** Finds why a list cannot be used; null if something else went wrong. */
function findListTrouble(error: unknown): LookupTrouble | null {
  if (error instanceof ServiceError) return error;
  if (error instanceof BadTable) return { kind: 'nonsense', detail: `the answer is not the list: ${error.message}` };
  if (error instanceof RefusedList) return { kind: 'nonsense', detail: error.why };
  return null;
}

async function recordTrouble(
  sql: Sql,
  service: RegistryService,
  personId: string,
  at: string,
  ask: () => Promise<unknown>,
): Promise<boolean> {
  try {
    await ask();
    return true;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    await keepLookupTrouble(sql, service, personId, at, error);
    return false;
  }
}
