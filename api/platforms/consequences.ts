import type { FieldError } from '../kernel/errors';
import { listContradictions } from '../../domain/kernel/date-rules';
import { readConsequences, type Place } from '../../record/platforms/consequences';
import { readParties } from '../../record/applications/parties';
import { findRelationship, type Relationship } from '../../record/platforms/platforms';
import type { Principal } from '../../record/kernel/principal';
import { readClock } from '../../runtime/clock';
import type { Sql } from '../../runtime/database';
import type { Deps } from '../kernel/deps';
import { answerOk, route, type Route } from '../kernel/route';
import { UNKNOWN_REFERENCE } from '../kernel/schemas';
import { consequences, consequencesQuery } from './consequences-schemas';
import { refuseErrors } from '../kernel/validation';

const tag = 'leaving a platform';

/** Lists the error of a day of leaving that lies before the beginning of the relationship. */
export const listLeaveContradictions = ({ subject, given }: { subject: Relationship; given: object }): FieldError[] =>
  listContradictions('Consequences', { ...given }, { platform_since: subject.since });

/** Refuses a practice that is not the client's, and a location that is not the practice's, together with the other errors of the request. */
export async function checkPlace(
  sql: Sql,
  principal: Principal,
  { clientId, payerIds: [payerId] }: Pick<Relationship, 'clientId' | 'payerIds'>,
  { practiceId, locationId }: Place,
  beside: FieldError[] = [],
): Promise<void> {
  const asked = practiceId !== undefined && { practiceId, payerId: payerId! };
  const practice = asked ? (await readParties(sql, principal, asked)).practice : null;
  const known = practice?.clientId === clientId;
  refuseErrors([
    ...beside,
    ...(asked && !known ? [{ path: 'practiceId', ...UNKNOWN_REFERENCE }] : []),
    ...(locationId !== undefined && !(known && practice!.locationIds.includes(locationId))
      ? [{ path: 'locationId', ...UNKNOWN_REFERENCE }]
      : []),
  ]);
}

export const consequenceRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'get',
    path: '/v1/platform-relationships/{id}/consequences',
    summary: 'Read what leaving the platform on a date means, by payer and state',
    description:
      'Each payer has what is portable, the notice, restrictions, the direct application or the kind of application that fits, and ' +
      'whether it is likely to be billable by then. These are expectations: only billing readiness says who may bill.',
    tag,
    access: 'registry:read',
    subject: ({ principal, params }) => findRelationship(sql, principal, params.id),
    query: consequencesQuery,
    contradicts: listLeaveContradictions,
    responses: { 200: { description: 'The consequences', schema: consequences } },
    handler: async ({ principal, subject, query }) => {
      await checkPlace(sql, principal, subject, query, listLeaveContradictions({ subject, given: query }));
      const now = readClock();
      return answerOk((await readConsequences(sql, principal, subject, { ...query, now })).found);
    },
  }),
];
