import type { EventKind, ApplicationEvent } from '../../domain/applications/events';
import type { ApplicationState } from '../../domain/applications/state';
import type { Tx } from '../../runtime/database';

/** The entries that may bring, or take away, the payer's reference of an application. */
const BEARS_ON_IT: readonly EventKind[] = ['submission', 'contact', 'correction', 'resubmission', 'restoration'];

/** Keeps the payer's reference of an application: of the current attempt's submission, else as the latest contact gave it. */
export async function projectReference(
  tx: Tx,
  state: ApplicationState,
  events: readonly ApplicationEvent[],
): Promise<void> {
  if (!events.some((event) => BEARS_ON_IT.includes(event.kind))) return;
  const submittedAt = state.submittedAt;
  const since = submittedAt ?? state.ended.at(-1)?.endedAt ?? state.openedAt;
  await tx`
    update applications set reference_number = (
      select coalesce(c.body->>'referenceNumber', c.body->'adopt'->>'referenceNumber') as reference
      from events e join commands c on c.id = e.id
      where e.application_id = ${state.id} and e.struck_by is null
        and coalesce(c.body->>'referenceNumber', c.body->'adopt'->>'referenceNumber') is not null
        and ((e.kind = 'contact' and e.at > ${since}) or (e.kind in ('submission', 'opened') and e.at = ${submittedAt}))
      order by e.kind = 'contact', e.seq desc limit 1)
    where id = ${state.id}`;
}
