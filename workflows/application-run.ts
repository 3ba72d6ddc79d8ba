import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  log,
  proxyLocalActivities,
  setCurrentDetails,
  setDefaultSignalHandler,
  setDefaultUpdateHandler,
  setHandler,
  sleep,
  Trigger,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { SearchAttributeUpdatePair } from '@temporalio/common';
import { ACTIONS, INTERNAL_ACTIONS, type Action, type Stage } from '../domain/kernel/codes';
import type { Instant } from '../domain/time/instants';
import type { TimerName } from '../domain/applications/events';
import type { Progress, Refusal } from '../domain/applications/progress';
import {
  actionUpdates,
  BAD_MESSAGE,
  fileChangedSignal,
  progressQuery,
  REFUSED,
  type ActionMessage,
  type ActionResult,
  type ApplicationInput,
  type Intent,
  type RecordStep,
} from './messages';
import { RECORDING } from './recording';
import { buildAttributes, selectShownProgress, stageAttribute, type ShownProgress } from './search-attributes';

/** A part of the procedure as it describes itself in Temporal's UI; a contract test compares it with the rules. */
export interface Part {
  /** The work of the part, in words that a specialist would use. */
  does: string;
  /** The actions that lead on, or may be taken meanwhile. */
  actions: readonly Action[];
  /** The timers that may be armed meanwhile. */
  timers: readonly TimerName[];
  /** The next action moves the timer again: one that fires early costs less than replacing it each time. */
  mayFireEarly?: boolean;
}

/** An instant that has passed is waited for this long, so that no answer of the record makes a run spin. */
const LEAST_MS = 1_000;

/** A command's id, as the record writes it. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const { recordStep } = proxyLocalActivities<RecordStep>(RECORDING);

/**
 * One run of an application's workflow, the only writer of the application while it lasts. It decides nothing: what arrives is
 * taken one at a time, in order, and given to the record, which answers how far the application has come.
 */
export class ApplicationRun {
  progress: Progress;
  private readonly inbox: { action: string; commandId: string; done: Trigger<ActionResult> }[] = [];
  private fileChanged: boolean;
  private timer: { at: Instant; scope: CancellationScope } | undefined;
  private timerFired = false;
  private shownProgress: ShownProgress | undefined;

  constructor(private readonly input: ApplicationInput) {
    this.progress = input.progress;
    this.fileChanged = input.fileChanged ?? false;
    // a namespace without the attributes starts runs without them
    const indexed = workflowInfo().typedSearchAttributes.get(stageAttribute) !== undefined;
    this.shownProgress = indexed ? selectShownProgress(input.progress) : undefined;
    for (const action of [...ACTIONS, ...INTERNAL_ACTIONS])
      setHandler(actionUpdates[action], (message) => this.receiveCommand(action, message), { validator: checkForm });
    setHandler(progressQuery, () => this.progress);
    setHandler(fileChangedSignal, () => {
      this.fileChanged = true;
    });
    setDefaultUpdateHandler((action, message) => {
      checkForm(message);
      return this.receiveCommand(action, message as ActionMessage);
    });
    setDefaultSignalHandler((name) => log.warn('unknown signal', { name }));
  }

  /** Stays with a part of the procedure until the record says that it is over: another stage, another attempt, the end. */
  async remainInPart(part: Part): Promise<void> {
    const { stage, attempt } = this.progress;
    const isSamePart = () => this.isUnderWay() && this.progress.stage === stage && this.progress.attempt === attempt;
    while (isSamePart() && !this.isLong()) await this.processNext(stage, part);
  }

  /** Whether the history has grown so long that the workflow should continue as new. */
  isLong(): boolean {
    const { historyLength, continueAsNewSuggested } = workflowInfo();
    return this.input.continueAfter ? historyLength > this.input.continueAfter : continueAsNewSuggested;
  }

  /** Records what has arrived, and lets every caller have its answer, before this run ends. */
  async drain(): Promise<void> {
    do {
      while (this.inbox.length > 0) await this.recordCommand();
      await condition(() => allHandlersFinished() || this.inbox.length > 0);
    } while (this.inbox.length > 0);
  }

  /** Builds the input of the next run. */
  continueAsNewInput(): ApplicationInput {
    const { progress, fileChanged } = this;
    const { applicationId, continueAfter } = this.input;
    return { applicationId, progress, fileChanged, ...(continueAfter && { continueAfter }) };
  }

  private isUnderWay(): boolean {
    return this.progress.open || this.progress.participating;
  }

  /** Waits for the next thing that needs recording, and records it: a command, what is due, a changed file. */
  private async processNext(stage: Stage, part: Part): Promise<void> {
    this.showDetails(stage, part);
    this.setTimer(part);
    await condition(() => this.inbox.length > 0 || this.timerFired || this.fileChanged || this.isLong());
    const { next } = this.progress;
    if (this.inbox.length > 0) await this.recordCommand();
    else if (this.timerFired) {
      this.timerFired = false;
      // woken early, it arms again
      if (next && Date.parse(next.at) <= Date.now()) await this.recordRequest({ type: 'due' }, formatTimer(next.timer));
    } else if (this.fileChanged) {
      this.fileChanged = false;
      await this.recordRequest({ type: 'file' }, 'the file changed');
    }
  }

  private receiveCommand(action: string, { commandId }: ActionMessage): Promise<ActionResult> {
    const done = new Trigger<ActionResult>();
    this.inbox.push({ action, commandId, done });
    return Promise.resolve(done);
  }

  private async recordCommand(): Promise<void> {
    const { action, commandId, done } = this.inbox.shift()!;
    const refusal = await this.recordRequest({ type: 'command', commandId }, action);
    if (refusal) done.reject(createRefusal(refusal));
    else done.resolve({ version: this.progress.version });
  }

  private async recordRequest(intent: Intent, summary: string): Promise<Refusal | undefined> {
    const { applicationId } = this.input;
    const { version, stage, attempt, next } = this.progress;
    const { progress, refusal } = await recordStep.executeWithOptions({ ...RECORDING, summary }, [
      { applicationId, known: { version, stage, attempt, next }, at: new Date().toISOString(), intent },
    ]);
    this.progress = progress;
    this.showProgress();
    return refusal;
  }

  /** One timer, for the next instant; it is left alone while that stays the same. */
  private setTimer({ mayFireEarly }: Part): void {
    const { next } = this.progress;
    if (this.timer && next) {
      const pending = Date.parse(this.timer.at) > Date.now();
      if (this.timer.at === next.at && pending) return;
      if (mayFireEarly && pending && this.timer.at < next.at) return;
    }
    this.timer?.scope.cancel();
    this.timer = undefined;
    if (!next) return;
    const scope = new CancellationScope();
    this.timer = { at: next.at, scope };
    const wait = Math.max(LEAST_MS, Date.parse(next.at) - Date.now());
    scope
      .run(() => sleep(wait, { summary: formatTimer(next.timer) }))
      .then(
        () => {
          if (this.timer?.scope === scope) this.timer = undefined;
          this.timerFired = true;
        },
        (error: unknown) => {
          if (!isCancellation(error)) throw error;
        },
      );
  }

  /** Writes the attributes by which lists of workflows are filtered: only those that changed, all in one. */
  private showProgress(): void {
    const [before, now] = [this.shownProgress, selectShownProgress(this.progress)];
    if (!before) return;
    const changed = buildAttributes(now).filter(
      (_pair, i) => !isSameAttribute(buildAttributes(before)[i]!, buildAttributes(now)[i]!),
    );
    if (changed.length > 0) upsertSearchAttributes(changed);
    this.shownProgress = now;
  }

  /** Shows the run's state in the Temporal UI; it costs no history. */
  private showDetails(stage: Stage, { does, actions, timers }: Part): void {
    const { attempt, waitingOn, next } = this.progress;
    setCurrentDetails(
      [
        `**${stage}** (attempt ${attempt}, waiting on ${waitingOn}): ${does}.`,
        `Next: ${next ? `${formatTimer(next.timer)}, at ${next.at}` : 'nothing has a date'}.`,
        `Takes: ${actions.join(', ')}.`,
        `Timers: ${timers.map(formatTimer).join(', ')}.`,
      ].join('\n\n'),
    );
  }
}

/** Formats a timer in words: `follow-up: credentialing`. */
export const formatTimer = (timer: TimerName | 'set_aside'): string =>
  timer
    .replace(/([A-Z])/g, (capital) => `-${capital.toLowerCase()}`)
    .replace(':', ': ')
    .replaceAll('_', ' ');

/** Checks form alone; the record says what is allowed. */
function checkForm(message: unknown): void {
  const commandId = (message as Partial<ActionMessage> | undefined)?.commandId;
  if (typeof commandId !== 'string' || !UUID.test(commandId))
    throw ApplicationFailure.create({
      type: BAD_MESSAGE,
      message: 'an action needs a commandId, which is a UUID',
      nonRetryable: true,
    });
}

const isSameAttribute = (one: SearchAttributeUpdatePair, other: SearchAttributeUpdatePair): boolean =>
  JSON.stringify(one.value) === JSON.stringify(other.value);

const createRefusal = (refusal: Refusal) =>
  ApplicationFailure.create({ type: REFUSED, message: refusal.type, nonRetryable: true, details: [refusal] });
