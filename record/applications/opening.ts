import { randomUUID } from 'node:crypto';
import type { GivenFact, OpeningBody } from '../../domain/applications/bodies';
import type { Fact } from '../../domain/kernel/codes';
import { appendEntries, decideOpening, type Opening } from '../../domain/applications/decide';
import type { ApplicationKey } from '../../domain/applications/events';
import type { Instant } from '../../domain/time/instants';
import { buildNaturalKey } from '../../domain/applications/key';
import { armAgenda } from '../../domain/applications/step';
import { toLocalDate } from '../../domain/time/calendar';
import { resolvePlaybook, deriveRules, type Playbook } from '../../domain/registry/playbook';
import { toJson, toRows, type Sql, type Tx } from '../../runtime/database';
import { readRun, buildRun, type ApplicationRun } from './application-run';
import { computeDigest } from '../kernel/digest';
import { keepCommand, recordAction, readFactProof, areApprovalsWanted } from './commands';
import { readProviderFile, computeFileReading } from './provider-file';
import type { Requester } from '../kernel/principal';
import { buildColumns, projectStep } from './projection';
import { hasKey } from './same-key';

export interface OpeningRequest {
  /** The id of the command and of the application that it opens. */
  id: string;
  clientId: string;
  key: ApplicationKey;
  /** The validated body, whole. */
  body: OpeningBody;
  at: Instant;
  /** The participation that it continues; left out: the last application for the key. */
  previousId?: string;
}

export type OpeningResult = { run: ApplicationRun } | { existingId: string };

/**
 * Opens an application: command, first entries, read model and the outbox row that starts its workflow, in one
 * transaction. Repeated under the same id it changes nothing; if another is open for the key, it names that one.
 */
export function openApplication(sql: Sql, request: OpeningRequest, requester: Requester): Promise<OpeningResult> {
  const { id, clientId, key, body } = request;
  const natural = buildNaturalKey(key);
  return sql.begin(async (tx): Promise<OpeningResult> => {
    // a merge waits, or is known from here on
    await tx`select from payers where id = ${key.payerId} for key share`;
    await tx`select from practices where id = ${key.practiceId} for key share`;
    const obstacle = await findObstacle(tx, id, key);
    if (obstacle) return obstacle;
    const [[row], file] = await Promise.all([
      tx<
        { timeZone: string; playbook: Playbook; version: number; personId: string | null; previousId: string | null }[]
      >`
        select c.time_zone, p.body as playbook, p.version,
          (select person_id from providers where id = ${key.providerId}) as person_id,
          (select a.id from applications a where ${hasKey(tx, 'a', key)} and a.id <> ${id}
            order by a.created_at desc limit 1) as previous_id
        from clients c, payers y join playbooks p on p.payer_id = y.id and p.version = y.playbook_version
        where c.id = ${clientId} and y.id = ${key.payerId}`,
      readProviderFile(tx, key),
    ]);
    if (!row) throw new Error(`no client ${clientId} or payer ${key.payerId}`);

    const playbook = resolvePlaybook(row.playbook, key, row.timeZone);
    const today = toLocalDate(request.at, row.timeZone);
    const adopted = Object.entries(body.adopt?.confirmations ?? {}) as [Fact, GivenFact][];
    const proofs = await Promise.all(
      adopted.map(async ([fact, given]) => [fact, await readFactProof(tx, fact, given)]),
    );
    const drafts = decideOpening(body, {
      applicationId: id,
      clientId,
      key,
      rules: deriveRules(key.kind, playbook),
      reading: computeFileReading(file, key, playbook, today),
      today,
      computeDigest,
      proofs: Object.fromEntries(proofs) as Opening['proofs'],
      phoneFactsNeedApproval: await areApprovalsWanted(tx),
    });
    const opening = appendEntries(null, drafts, {
      at: request.at,
      payerZone: playbook.window.timeZone,
      entryId: id,
      createId: randomUUID,
    });
    if (!opening.state) throw new Error('an opening opens');
    const { state, events } = armAgenda({ playbook, timeZone: row.timeZone }, { ...opening, state: opening.state });
    const run = buildRun(state, row.personId, playbook.window.timeZone);
    const { state: usState, ...scope } = key;
    const inserted = await tx`
      insert into applications ${toRows(tx, {
        id,
        clientId,
        ...scope,
        naturalKey: natural,
        previousId: request.previousId ?? row.previousId,
        neededBy: body.neededBy ?? null,
        monthlyValue: body.monthlyValue ?? null,
        referenceNumber: body.adopt?.referenceNumber ?? null,
        playbookVersion: row.version,
        ...buildColumns(state),
        wakesAt: run.progress.next?.at ?? null,
        createdAt: state.openedAt,
        state: usState,
        snapshot: toJson(tx, state),
      })}
      on conflict do nothing returning id`;
    if (inserted.length === 0) return (await findObstacle(tx, id, key))!;
    const command = { id, clientId, applicationId: id, action: 'open', body } as const;
    await Promise.all([
      keepCommand(tx, command, requester, { settled: true }),
      recordAction(tx, command, requester, { before: null, after: state }),
      projectStep(tx, null, state, events, id),
    ]);
    return { run };
  });
}

/** Finds what stands in the way of an opening: itself, sent before, or another that is open for the key. */
async function findObstacle(tx: Tx, id: string, key: ApplicationKey): Promise<OpeningResult | null> {
  const [taken] = await tx<{ id: string }[]>`
    select id from applications a where id = ${id} or (open and ${hasKey(tx, 'a', key)})
    order by (id = ${id}) desc limit 1`;
  if (!taken) return null;
  return taken.id === id ? { run: await readRun(tx, id) } : { existingId: taken.id };
}
