import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  proxyLocalActivities,
  setCurrentDetails,
  setDefaultSignalHandler,
  setHandler,
  sleep,
  Trigger,
  log,
  workflowInfo,
} from '@temporalio/workflow';
import { ACTIONS, INTERNAL_ACTIONS, type Action, type Stage } from '../domain/codes';
import type { Instant, TimerName } from '../domain/application/events';
import { reduce } from '../domain/application/reduce';
import type { ApplicationState } from '../domain/application/state';
import { refusal, type Refusal } from '../domain/application/transitions';
import {
  actionUpdates,
  applicationStateQuery,
  fileChangedSignal,
  REFUSED,
  type ActionResult,
  type ApplicationInput,
  type RecordStep,
} from './messages';
import { RECORDING } from './recording';

type Intent = Parameters<RecordStep['recordStep']>[0]['intent'];

/** Commands remembered for repetition; older ones are still known to the record. */
const RECENT = 50;

const { recordStep } = proxyLocalActivities<RecordStep>(RECORDING);

/**
 * Keeps one application: the only writer of its events while it runs. What arrives is taken one at a time, in order;
 * each becomes one recording step.
 */
export class Keeper {
  state: ApplicationState;
  private readonly recent: [string, number][];
  private readonly inbox: { intent: Intent; done: Trigger<ActionResult> }[] = [];
  private fileChanged: boolean;
  private alarm: { due: Instant; scope: CancellationScope } | undefined;
  private rang = false;
  private spent = '';

  constructor(
    private readonly input: ApplicationInput,
    private readonly procedure: Partial<Record<Stage, string>>,
  ) {
    this.state = input.state;
    this.fileChanged = input.fileChanged ?? false;
    this.recent = input.recent ?? [];
    for (const action of [...ACTIONS, ...INTERNAL_ACTIONS]) this.takeAction(action);
    setHandler(applicationStateQuery, () => this.state);
    setHandler(fileChangedSignal, () => {
      this.fileChanged = true;
    });
    setDefaultSignalHandler((name) => log.warn('unknown signal', { name }));
    this.describe();
  }

  /** Waits for the next thing that needs recording and records it: a command, a timer that is due, a changed file. */
  async attend(): Promise<void> {
    this.setAlarm();
    await condition(() => this.inbox.length > 0 || this.rang || this.fileChanged || this.isLong());
    const work = this.inbox.shift();
    const timer = this.nextTimer();
    if (work) await this.recordCommand(work);
    else if (timer && Date.parse(timer.due) <= Date.now()) {
      this.spent = `${timer.name} ${timer.due}`;
      await this.record({ type: 'timer', timer: timer.name, due: timer.due });
    } else if (this.fileChanged) {
      this.fileChanged = false;
      await this.record({ type: 'file' });
    }
    this.rang = false;
    this.describe();
  }

  /** Whether the history has grown so long that the workflow should continue as new. */
  isLong(): boolean {
    const { historyLength, continueAsNewSuggested } = workflowInfo();
    return this.input.continueAfter ? historyLength > this.input.continueAfter : continueAsNewSuggested;
  }

  /** Records what has arrived, and lets every caller have its answer, before this run ends. */
  async drain(): Promise<void> {
    do {
      while (this.inbox.length > 0) await this.recordCommand(this.inbox.shift()!);
      await condition(() => allHandlersFinished() || this.inbox.length > 0);
    } while (this.inbox.length > 0);
  }

  /** What the next run starts from. */
  handover(): ApplicationInput {
    const { state, recent, fileChanged, input } = this;
    return { state, recent, fileChanged, ...(input.continueAfter && { continueAfter: input.continueAfter }) };
  }

  private takeAction(action: Action): void {
    setHandler(
      actionUpdates[action],
      ({ commandId }) => {
        const known = this.recent.find(([id]) => id === commandId);
        if (known) return Promise.resolve({ version: known[1] });
        const done = new Trigger<ActionResult>();
        this.inbox.push({ intent: { type: 'command', commandId }, done });
        return Promise.resolve(done);
      },
      {
        validator: ({ commandId, ...asked }) => {
          if (this.recent.some(([id]) => id === commandId)) return;
          const no = refusal(this.state, { action, ...asked });
          if (no) throw refused(no);
        },
      },
    );
  }

  private async recordCommand({ intent, done }: { intent: Intent; done: Trigger<ActionResult> }): Promise<void> {
    const no = await this.record(intent);
    if (no) {
      done.reject(refused(no));
      return;
    }
    if (intent.type === 'command') this.recent.push([intent.commandId, this.state.version]);
    if (this.recent.length > RECENT) this.recent.shift();
    done.resolve({ version: this.state.version });
  }

  private async record(intent: Intent): Promise<Refusal | undefined> {
    const step = await recordStep({
      applicationId: this.state.id,
      knownVersion: this.state.version,
      at: new Date().toISOString(),
      intent,
    });
    this.state = step.events.reduce<ApplicationState>(reduce, step.state ?? this.state);
    return step.refusal;
  }

  /**
   * One timer, for the earliest instant. It is left alone while that stays the same, and also where that moves later
   * while somebody is at an item: the next action moves it again, so ringing early once costs less than replacing it.
   */
  private setAlarm(): void {
    const timer = this.nextTimer();
    if (timer?.due === this.alarm?.due) {
      this.rang ||= timer !== undefined && Date.parse(timer.due) <= Date.now();
      return;
    }
    const atWork = this.state.agenda.items.length > 0;
    if (atWork && timer && this.alarm && this.alarm.due < timer.due && Date.parse(this.alarm.due) > Date.now()) return;
    this.alarm?.scope.cancel();
    this.alarm = undefined;
    if (!timer) return;
    const wait = Date.parse(timer.due) - Date.now();
    if (wait <= 0) {
      this.rang = true;
      return;
    }
    const scope = new CancellationScope();
    this.alarm = { due: timer.due, scope };
    scope
      .run(() => sleep(wait, { summary: timer.name }))
      .then(() => (this.rang = true))
      .catch(() => undefined); // cancelled: the instant has moved
  }

  private nextTimer(): { name: TimerName; due: Instant } | undefined {
    const timers = Object.entries(this.state.agenda.timers) as [TimerName, Instant][];
    // a timer rings once, whatever came of it
    const armed = timers.filter(([name, due]) => this.spent !== `${name} ${due}`);
    const [first] = armed.sort(([n, a], [m, b]) => (a === b ? n.localeCompare(m) : a < b ? -1 : 1));
    return first && { name: first[0], due: first[1] };
  }

  /** What the Temporal UI shows of the run; it costs no history. */
  private describe(): void {
    const { stage, attempt, waiting } = this.state;
    const timer = this.nextTimer();
    const next = timer ? `${timer.name} at ${timer.due}` : 'none';
    const doing = this.procedure[stage] ?? '';
    setCurrentDetails(`**${stage}** (attempt ${attempt}, waiting on ${waiting.on}): ${doing}\n\nNext timer: ${next}`);
  }
}

const refused = (no: Refusal) =>
  ApplicationFailure.create({ type: REFUSED, message: no.type, nonRetryable: true, details: [no] });
