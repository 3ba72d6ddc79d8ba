import type { FileReading } from '../applications/events';
import type { BlockerCode } from '../applications/state';
import type { SubmissionChannel } from '../kernel/codes';
import type { DirectApplication, Fit } from './consequences';
import type { PanelReading, PanelStatus } from '../registry/panels';

/**
 * The number of a client's people whom a payer insures, and what that is worth; amounts in whatever unit the client
 * counts.
 */
export interface CaseloadItem {
  payerId: string;
  clients: number;
  monthlyValue: number | null;
  /** Per session. */
  rates: { platform?: number | undefined; direct?: number | undefined } | null;
}

/** A payer to contract with, and what is known of the way there. */
export interface PayerTarget extends CaseloadItem {
  payerName: string;
  panel: PanelReading;
  /** Days from submission to the decision. */
  expected: { days: number; from: 'own_applications' | 'playbook' };
  effort: { unmet: BlockerCode[]; channel: SubmissionChannel };
  fits: Fit;
  application: Pick<DirectApplication, 'id' | 'practiceId' | 'kind' | 'stage' | 'open'> | null;
}

/** The points that a target gets at most for each thing that counts. */
export const WEIGHTS = { caseload: 35, value: 10, panel: 20, speed: 15, effort: 10, rates: 10 } as const;
export type Component = keyof typeof WEIGHTS;
type Score = { total: number } & Record<Component, { points: number; of: number }>;

export type RankedTarget = PayerTarget & { score: Score };

const PANEL: Record<PanelStatus, number> = { open: 1, unknown: 0.5, closed: 0 };
/** The additional work of a channel compared with a pull from CAQH, in unmet prerequisites. */
const CHANNEL: Record<SubmissionChannel, number> = {
  caqh_pull: 0,
  roster: 1,
  payer_portal: 1,
  availity: 1,
  esign: 1,
  email: 1,
  state_portal: 2,
  pecos: 2,
  fax: 2,
  mail: 3,
};
/** A decision that takes this long, or longer, gets nothing for speed. */
const SLOWEST_DAYS = 365;
/** The number of confirmed applications from which on their median is better than the playbook. */
const ENOUGH = 3;

/**
 * Ranks targets, the best first, those under way last; equals in the order of caseload and id, so that the order is
 * always the same.
 */
export function rankTargets(targets: readonly PayerTarget[]): RankedTarget[] {
  const findMost = (measure: (target: PayerTarget) => number) => Math.max(1, ...targets.map(measure));
  const largest = {
    clients: findMost(({ clients }) => clients),
    value: findMost(({ monthlyValue }) => monthlyValue ?? 0),
  };
  const rankUnderWay = ({ fits }: PayerTarget) => (fits.because[0]!.reason === 'under_way' ? 1 : 0);
  return targets
    .map((target) => ({ ...target, score: scoreTarget(target, largest) }))
    .sort(
      (a, b) =>
        rankUnderWay(a) - rankUnderWay(b) ||
        b.score.total - a.score.total ||
        b.clients - a.clients ||
        (a.payerId < b.payerId ? -1 : 1),
    );
}

function scoreTarget(target: PayerTarget, largest: { clients: number; value: number }): Score {
  const { clients, monthlyValue, panel, expected, effort, rates } = target;
  const { platform, direct } = rates ?? {};
  const share: Record<Component, number> = {
    caseload: clients / largest.clients,
    value: (monthlyValue ?? 0) / largest.value,
    panel: PANEL[panel.status],
    speed: 1 - Math.min(expected.days, SLOWEST_DAYS) / SLOWEST_DAYS,
    effort: 1 / (1 + effort.unmet.length + CHANNEL[effort.channel]),
    // as much for one as for the other if either is unknown
    rates:
      platform === undefined || direct === undefined || platform + direct === 0 ? 0.5 : direct / (platform + direct),
  };
  const tenths = Object.entries(WEIGHTS).map(([name, of]) => [
    name,
    Math.round(share[name as Component] * of * 10),
    of,
  ]);
  const parts = tenths.map(([name, points, of]) => [name, { points: (points as number) / 10, of }]);
  return {
    total: tenths.reduce((sum, [, points]) => sum + (points as number), 0) / 10,
    ...(Object.fromEntries(parts) as Record<Component, { points: number; of: number }>),
  };
}

/** Lists what a file lacks among what is demanded of it. */
export const listUnmetBlockers = ({ prerequisites, attestation }: FileReading): BlockerCode[] => [
  ...prerequisites.flatMap(({ code, met }) => (met ? [] : code)),
  ...(attestation && attestation.state !== 'current' ? [`attestation_${attestation.state}` as const] : []),
];

/**
 * Estimates the days to a decision: as one's own applications took, if there are enough, otherwise as the playbook
 * says.
 */
export function estimateDecisionDays(own: readonly number[], playbookDays: number): PayerTarget['expected'] {
  if (own.length < ENOUGH) return { days: playbookDays, from: 'playbook' };
  const sorted = own.toSorted((a, b) => a - b);
  const middle = [sorted[Math.floor((sorted.length - 1) / 2)]!, sorted[Math.ceil((sorted.length - 1) / 2)]!];
  return { days: Math.round((middle[0]! + middle[1]!) / 2), from: 'own_applications' };
}
