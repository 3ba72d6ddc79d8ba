import type { Fact } from '../../domain/kernel/codes';
import type { ApplicationState } from '../../domain/applications/state';
import { json, type Sql } from '../../runtime/database';
import { notifyInheritingApplications } from './agreements';
import { audit } from '../kernel/audit';
import { actorOf, personOf, type Principal } from '../kernel/principal';

/** What came of an approval; the same person twice, or of the same entry again, changes nothing. */
export type Approval = 'approved' | 'not_confirmed' | 'second_person_needed';

/** Records a second person's approval of a fact as it stands; the user who recorded the fact may not approve it. */
export const approveFact = (
  sql: Sql,
  principal: Principal,
  { id: applicationId, clientId, snapshot }: { id: string; clientId: string; snapshot: ApplicationState },
  fact: Fact,
): Promise<Approval> =>
  sql.begin(async (tx) => {
    const on = snapshot.facts[fact];
    if (on?.status !== 'confirmed') return 'not_confirmed';
    const { entryId } = on;
    const [own] = await tx`
      select from events e join commands c on c.id = e.command_id
      where e.id = ${entryId} and coalesce(c.actor->>'userId', c.actor->>'id') = ${personOf(principal)}`;
    if (own) return 'second_person_needed';
    const approvedBy = json(tx, actorOf(principal));
    const made = await tx`
      insert into fact_approvals ${tx({ entryId, clientId, applicationId, approvedBy })}
      on conflict (entry_id) do nothing returning entry_id`;
    if (made.length > 0) await notifyInheritingApplications(tx, snapshot.key);
    if (made.length > 0)
      await audit(tx, principal, {
        action: 'fact.approve',
        subjectType: 'application',
        subjectId: applicationId,
        clientId,
        detail: { fact, entryId },
      });
    return 'approved';
  });
