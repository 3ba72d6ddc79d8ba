import { join } from 'node:path';
import type { ApplicationEvent } from '../../domain/applications/events';
import type { Progress } from '../../domain/applications/progress';
import { foldEvents, RULES_VERSION } from '../../domain/applications/reduce';
import { computeProgress, computeAgenda } from '../../domain/applications/schedule';
import { isOpen, isParticipating, type ApplicationState } from '../../domain/applications/state';
import { isSameValue } from '../../domain/kernel/facts';
import { resolvePlaybook, type Playbook } from '../../domain/registry/playbook';
import { computeDigest } from '../../record/kernel/digest';
import { PAGE, readAll, write } from './histories';

/** The state that a timeline folds to. */
export interface FoldedState {
  state: ApplicationState;
  /** The progress that its workflow knows in the end; null if none runs. */
  progress: Progress | null;
  /** The stage and a digest of state and agenda, after each entry. */
  path: string[];
}

/** The entries of one life, and what they came to: ids, codes and dates only. */
export interface Timeline {
  /** The client's. */
  timeZone: string;
  /** The playbook of the version that the application ended with. */
  playbook: Playbook;
  events: ApplicationEvent[];
  /** By the version of the rules that folded it; of older versions, kept for comparison by people. */
  folded: Record<string, FoldedState>;
}

/** The rules by which a timeline is folded: today's, or those of a test. */
interface RuleSet {
  RULES_VERSION: number;
  fold: typeof foldEvents;
  computeAgenda: typeof computeAgenda;
  computeProgress: typeof computeProgress;
}

const TODAYS: RuleSet = { RULES_VERSION, fold: foldEvents, computeAgenda, computeProgress };
const folder = join(__dirname, 'timelines');

/** Every stored timeline, by the name of its life. */
export const readTimelines = (): [life: string, timeline: Timeline][] => readAll<Timeline>(folder);

/** Stores a new timeline; throws where there is one already. */
export const storeTimeline = (life: string, timeline: Timeline): void =>
  write(join(folder, `${life}.json`), timeline, 'wx');

/** Stores, next to what earlier rules came to, what today's come to. */
export function storeFoldedState(life: string, timeline: Timeline): void {
  const folded = { ...timeline.folded, [RULES_VERSION]: foldTimeline(timeline) };
  write(join(folder, `${life}.json`), { ...timeline, folded }, 'w');
}

/** Whether a timeline lacks what today's rules come to. */
export const isOfEarlierRules = ({ folded }: Timeline): boolean => !(RULES_VERSION in folded);

/** Folds a timeline by the rules, as the step does that finds a state of other rules. */
export function foldTimeline({ events, playbook, timeZone }: Omit<Timeline, 'folded'>, rules = TODAYS): FoldedState {
  const statesAfter = events.map((_event, i) => {
    const state = rules.fold(events.slice(0, i + 1));
    return { ...state, agenda: rules.computeAgenda(state, resolvePlaybook(playbook, state.key, timeZone), timeZone) };
  });
  const state = statesAfter.at(-1)!;
  const runs = isOpen(state) || isParticipating(state);
  const { window } = resolvePlaybook(playbook, state.key, timeZone);
  return toStored({
    state,
    progress: runs ? rules.computeProgress(state, window.timeZone) : null,
    path: statesAfter.map((after) => `${after.stage} ${computeDigest(toStored(after))}`),
  });
}

/** As JSON gives it back: without what is undefined. */
const toStored = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/**
 * Describes the drift of a timeline under the rules, and what to do about it; null if they still lead to the stored
 * state.
 */
export function describeDrift(life: string, timeline: Timeline, rules = TODAYS): string | null {
  const { RULES_VERSION: version } = rules;
  const stored = timeline.folded[version];
  if (!stored)
    return `${life}: no state is stored for version ${version} of the rules. Run \`npm run record-histories\`: it stores one next to the earlier ones. See ${PAGE}.`;
  const now = foldTimeline(timeline, rules);
  const parted = now.path.findIndex((after, i) => after !== stored.path[i]);
  const wrong =
    parted >= 0
      ? `entry ${parted + 1} (${timeline.events[parted]!.kind}) leads to another state or agenda`
      : !isSameValue(now.state, stored.state)
        ? 'the end is another state'
        : !isSameValue(now.progress, stored.progress) && 'the workflow would be told another progress';
  if (!wrong) return null;
  return `${life}: ${wrong} than with version ${version} of the rules as it was. If that is intended, raise RULES_VERSION in domain/applications/reduce.ts. See ${PAGE}.`;
}
