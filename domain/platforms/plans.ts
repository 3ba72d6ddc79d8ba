import type { PlainDate } from '../time/instants';
import type { BlockerCode } from '../applications/state';
import type { ChecklistEntry, ChecklistItem } from './checklist';
import type { Consequence, Consequences } from './consequences';
import { DECISIONS, type PlatformAnswer, type PlatformDecision } from './platform';

/** The services that a platform may provide for a practice. */
export const SERVICES = ['claims', 'eligibility', 'administration', 'referrals', 'community', 'speed'] as const;
export type Service = (typeof SERVICES)[number];

export interface ServiceEntry {
  service: Service;
  does: PlatformAnswer;
  notes: string | null;
}

/** The obstacles between a practice and one payer. */
interface PlanItem extends Consequence {
  start: 'done' | 'under_way' | 'today' | 'blocked';
  blockedBy: (BlockerCode | 'practice_not_chosen' | 'panel_closed')[];
}

export interface TransitionPlan extends Pick<Consequences, 'leaveOn' | 'notice' | 'risks'> {
  /** The first day on which no payer leaves a gap and the notice has run; null if that is unknown. */
  earliestLeaveOn: PlainDate | null;
  items: PlanItem[];
}

/**
 * Finds the first day on which a platform can be left without a gap; null while a payer or the notice leaves that open.
 */
export function findEarliestLeaveDay({ items, notice }: Consequences, today: PlainDate): PlainDate | null {
  const days = [notice.earliestLeaveOn, ...items.map(({ billable }) => billable.expectedOn)];
  return days.includes(null) ? null : [today, ...(days as PlainDate[])].sort().at(-1)!;
}

/** Plans what to do about each payer; `listUnmet` returns what the file lacks for an item, or null if no practice is chosen. */
export function planTransition(
  found: Consequences,
  listUnmet: (item: Consequence) => readonly BlockerCode[] | null,
  today: PlainDate,
): TransitionPlan {
  const items = found.items.map((item): PlanItem => {
    const { panel, fits, billable } = item;
    const done = billable.status === 'confirmed';
    const blockedBy: PlanItem['blockedBy'] = done
      ? []
      : [
          // a contract that exists already is blocked by nothing that an application needs
          ...(fits.adopt && listUnmet(item) ? [] : (listUnmet(item) ?? ['practice_not_chosen' as const])),
          ...(!fits.adopt && panel.status === 'closed' ? ['panel_closed' as const] : []),
        ];
    const underWay = fits.because[0]!.reason === 'under_way';
    const start = done ? 'done' : underWay ? 'under_way' : blockedBy.length > 0 ? 'blocked' : 'today';
    return { ...item, start, blockedBy };
  });
  const { leaveOn, notice, risks } = found;
  return { leaveOn, notice, risks, earliestLeaveOn: findEarliestLeaveDay(found, today), items };
}

/** The items of the checklist that take the place of a service. */
const INSTEAD: Record<Service, readonly ChecklistItem[]> = {
  claims: ['claims'],
  eligibility: ['eligibility_checks'],
  administration: ['intake', 'client_notices', 'platform_notice'],
  referrals: ['referral_channels', 'website'],
  community: [],
  speed: [],
};

/** The cost of an outcome: every outcome in the same terms, and staying is one. */
interface Outcome {
  decision: PlatformDecision;
  chosen: boolean;
  applicationsToStart: number;
  checklistOpen: number;
  /** Null if it is not known. */
  noticeDays: number | null;
  /** The day on which it can be in place; null if that is unknown. */
  readyOn: PlainDate | null;
}

export interface DecisionSheet {
  services: {
    service: Service;
    platform: { does: PlatformAnswer | 'unanswered'; notes: string | null };
    direct: {
      checklist: Pick<ChecklistEntry, 'item' | 'doneOn'>[];
      /** The expected days of the first and the last payer. */
      expected: { first: PlainDate; last: PlainDate | null } | null;
    };
  }[];
  payers: {
    payerId: string;
    payerName: string;
    state: string | null;
    clients: number | null;
    platform: Pick<PlanItem, 'verdict' | 'portable' | 'notice' | 'restrictions'>;
    direct: Pick<PlanItem, 'application' | 'fits' | 'panel' | 'start' | 'blockedBy'> & { expectedOn: PlainDate | null };
  }[];
  outcomes: Outcome[];
}

/** Builds the sheet of what the platform does today beside what direct contracts take. */
export function buildDecisionSheet(
  { items, notice, earliestLeaveOn: leaveOn }: TransitionPlan,
  given: {
    decision: PlatformDecision | null;
    services: readonly ServiceEntry[];
    checklist: readonly ChecklistEntry[];
    clients: ReadonlyMap<string, number>;
    today: PlainDate;
  },
): DecisionSheet {
  const expected = items.flatMap(({ billable }) => billable.expectedOn ?? []).sort();
  const last = expected.length === items.length ? (expected.at(-1) ?? given.today) : null;
  const applicationsToStart = items.filter(({ start }) => start === 'today' || start === 'blocked').length;
  const takes: Record<PlatformDecision, Omit<Outcome, 'decision' | 'chosen'>> = {
    stay: { applicationsToStart: 0, checklistOpen: 0, noticeDays: 0, readyOn: given.today },
    bridge: { applicationsToStart, checklistOpen: 0, noticeDays: 0, readyOn: last },
    build_direct: {
      applicationsToStart,
      checklistOpen: given.checklist.filter(({ doneOn }) => doneOn === null).length,
      noticeDays: notice.days,
      readyOn: leaveOn,
    },
  };
  return {
    services: SERVICES.map((service) => {
      const platform = given.services.find((one) => one.service === service);
      return {
        service,
        platform: { does: platform?.does ?? 'unanswered', notes: platform?.notes ?? null },
        direct: {
          checklist: given.checklist
            .filter(({ item }) => INSTEAD[service].includes(item))
            .map(({ item, doneOn }) => ({ item, doneOn })),
          expected: service === 'speed' && expected[0] ? { first: expected[0], last } : null,
        },
      };
    }),
    payers: items.map(
      ({ payerId, payerName, state, verdict, portable, notice: leaving, restrictions, billable, ...direct }) => ({
        payerId,
        payerName,
        state,
        clients: given.clients.get(payerId) ?? null,
        platform: { verdict, portable, notice: leaving, restrictions },
        direct: { ...direct, expectedOn: billable.expectedOn },
      }),
    ),
    outcomes: DECISIONS.map((decision) => ({ decision, chosen: decision === given.decision, ...takes[decision] })),
  };
}
