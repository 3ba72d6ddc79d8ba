import { keepRoster, openRosterRequest } from '../record/caqh-roster';
import { keepCaqh, keepNppes, keepTrouble, newAttestation, subjectOf } from '../record/registries';
import type { RegistryService } from '../domain/codes';
import type { Caqh } from '../registries/caqh';
import { ServiceError } from '../registries/http';
import type { Nppes } from '../registries/nppes';
import type { Sql } from '../runtime/database';

/** The services that are asked; one that is left out is not. */
export interface Registries {
  caqh?: Caqh | undefined;
  nppes?: Nppes | undefined;
}

/**
 * Asks a service one thing and keeps what it said. That it is away, or says what nobody can use, is kept too and is no
 * failure: when to ask again is the watch's to say.
 */
export const createQuestions = (sql: Sql, { caqh, nppes }: Registries) => ({
  async caqhStatus(personId: string): Promise<void> {
    const subject = await subjectOf(sql, 'caqh', personId);
    if (!subject) return;
    await orTrouble(sql, 'caqh', personId, subject.at, async () => {
      if (!caqh) throw NOT_HERE;
      const said = await caqh.status(subject);
      const fresh = await newAttestation(sql, personId, subject.at, said);
      const pull = fresh && subject.caqhId ? await caqh.readable(subject.caqhId, fresh) : null;
      await keepCaqh(sql, personId, subject.at, { said, pull });
    });
  },

  async nppesRecord(personId: string): Promise<void> {
    const subject = await subjectOf(sql, 'nppes', personId);
    if (!subject) return;
    await orTrouble(sql, 'nppes', personId, subject.at, async () => {
      if (!nppes) throw NOT_HERE;
      await keepNppes(sql, personId, subject.at, await nppes.record(subject.npi));
    });
  },

  async caqhRoster(requestId: string): Promise<void> {
    const request = await openRosterRequest(sql, requestId);
    if (!request) return;
    const answered = await orTrouble(sql, 'caqh', request.personId, request.at, async () => {
      if (!caqh) throw NOT_HERE;
      const { batchId, caqhId, personId } = request;
      const came = batchId
        ? ((await caqh.batchResult(batchId)) ?? ('pending' as const))
        : { batchId: await caqh.addToRoster(caqhId, personId) };
      await keepRoster(sql, request, came);
    });
    if (!answered) await keepRoster(sql, request, 'failed');
  },
});

/** Another worker has set it to be asked, this one has no way to. */
const NOT_HERE = new ServiceError('unavailable', 'not set up on this worker');

async function orTrouble(
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
    await keepTrouble(sql, service, personId, at, error);
    return false;
  }
}
