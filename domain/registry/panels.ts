import type { PlainDate } from '../time/instants';
import type { ApplicationKind } from '../kernel/codes';
import { addDays } from '../time/dates';

export const PANEL_STATUSES = ['open', 'closed', 'unknown'] as const;
export type PanelStatus = (typeof PANEL_STATUSES)[number];

/** The payer's statement of whether it takes applications in a state. */
export interface Panel {
  payerId: string;
  state: string;
  /** Null: every kind that is not named. */
  kind: ApplicationKind | null;
  status: PanelStatus;
  source: string;
  asOf: PlainDate;
}

/** An application that the payer parked because its panel is closed. */
export interface ParkedApplication {
  applicationId: string;
  payerId: string;
  state: string;
  kind: ApplicationKind;
  since: PlainDate;
}

/** The knowledge about a panel; null if its day was not stated. */
export interface PanelReading {
  status: PanelStatus;
  asOf: PlainDate | null;
  /** The parked application that says so. */
  applicationId?: string;
}

/** For this long a parked application says something about the panel. */
const RECENT_DAYS = 180;

/**
 * Reads the state of a panel for a kind: as it was stated, that kind before all kinds, unless one was parked since
 * then.
 */
export function readPanel(
  { payerId, state, kind }: { payerId: string; state: string | null; kind: ApplicationKind },
  panels: readonly Panel[],
  parked: readonly ParkedApplication[],
  today: PlainDate,
): PanelReading {
  const isOfPayerInState = (one: Panel | ParkedApplication) => one.payerId === payerId && one.state === state;
  const ofPayer = panels.filter(isOfPayerInState);
  const stated = ofPayer.find((one) => one.kind === kind) ?? ofPayer.find((one) => one.kind === null);
  const [latest] = parked
    .filter((one) => isOfPayerInState(one) && one.kind === kind && one.since >= addDays(today, -RECENT_DAYS))
    .sort((a, b) => (a.since === b.since ? (a.applicationId < b.applicationId ? -1 : 1) : a.since > b.since ? -1 : 1));
  if (latest && !(stated && stated.asOf >= latest.since))
    return { status: 'closed', asOf: latest.since, applicationId: latest.applicationId };
  return { status: stated?.status ?? 'unknown', asOf: stated?.asOf ?? null };
}
