import { appendEntries, decideFile } from '../../domain/applications/decide';
import type { Instant } from '../../domain/time/instants';
import { computeAgenda } from '../../domain/applications/schedule';
import { isOpen, type ApplicationState } from '../../domain/applications/state';
import { computeDueAt, computeNextFollowUpAt } from '../../domain/applications/view';
import { toLocalDate } from '../../domain/time/calendar';
import type { Prerequisite, Stage } from '../../domain/kernel/codes';
import { resolvePlaybook, deriveRules, type Playbook } from '../../domain/registry/playbook';
import type { Db, Fragment } from '../../runtime/database';
import { readFile } from './provider-file';
import { isInScope, type Principal } from '../kernel/principal';

interface Change<T> {
  from: T;
  to: T;
}

/**
 * A move of an open application, or of a participation that goes on, to the payer's playbook of today, with what it
 * would change.
 */
export interface PlaybookMove {
  id: string;
  playbookVersion: Change<number>;
  stage: Change<Stage>;
  nextFollowUpAt: Change<Instant | null>;
  dueAt: Change<Instant | null>;
  /** The prerequisites that it would ask for and that the file lacks. */
  newlyUnmet: Prerequisite[];
}

/**
 * Lists the applications and participations of a payer that live by an earlier playbook, each with what a move would
 * change.
 */
export async function listPlaybookMoves(
  sql: Db,
  principal: Principal,
  { id: payerId, playbook, playbookVersion: to }: { id: string; playbook: Playbook; playbookVersion: number },
  now: Instant,
  { ids, limit }: { ids?: readonly string[] | undefined; limit: number },
): Promise<PlaybookMove[]> {
  const rows = await sql<{ snapshot: ApplicationState; playbookVersion: number; timeZone: string }[]>`
    select a.snapshot, a.playbook_version, c.time_zone
    from applications a join clients c on c.id = a.client_id
    where a.payer_id = ${payerId} and (a.open or ${isStillParticipating(sql)}) and a.playbook_version <> ${to}
      and ${isInScope(sql, principal, 'a.client_id')} ${ids ? sql`and a.id = any(${[...ids]}::uuid[])` : sql``}
    order by a.created_at, a.id limit ${limit}`;
  return Promise.all(
    rows.map(async ({ snapshot, playbookVersion: from, timeZone }) => {
      const next = resolvePlaybook(playbook, snapshot.key, timeZone);
      const today = toLocalDate(now, timeZone);
      const reading = await readFile(sql, snapshot.key, next, today);
      const rules = deriveRules(snapshot.key.kind, next);
      const stamp = { payerZone: next.window.timeZone, at: now, entryId: snapshot.id, createId: () => snapshot.id };
      const drafts = decideFile(snapshot, { reading, today });
      const { state } = appendEntries(snapshot, [...drafts, { kind: 'playbook', data: { version: to, rules } }], stamp);
      const after = { ...state!, agenda: computeAgenda(state!, next, timeZone) };
      const known = new Set(snapshot.file.prerequisites.map(({ code }) => code));
      return {
        id: snapshot.id,
        playbookVersion: { from, to },
        stage: { from: snapshot.stage, to: after.stage },
        nextFollowUpAt: { from: computeNextFollowUpAt(snapshot), to: computeNextFollowUpAt(after) },
        dueAt: { from: computeDueAt(snapshot), to: computeDueAt(after) },
        // nothing is asked of the file once the application is confirmed
        newlyUnmet: isOpen(snapshot)
          ? reading.prerequisites.flatMap(({ code, met }) => (met || known.has(code) ? [] : [code]))
          : [],
      };
    }),
  );
}

/** Whether an application `a` is closed and its participation goes on (domain/applications/state.ts). */
const isStillParticipating = (sql: Db): Fragment => sql`
  (a.stage = 'confirmed' and (a.snapshot->'rules'->>'opensSpan')::boolean and a.snapshot->>'participationEndedOn' is null)`;
