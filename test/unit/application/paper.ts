import { readProof } from '../../../domain/kernel/facts';
import type { Command, OpeningBody } from '../../../domain/applications/bodies';
import { appendEntries, decideOpening, describeCall, type Circumstances } from '../../../domain/applications/decide';
import type { ApplicationEvent, ApplicationKey, KnownProgress } from '../../../domain/applications/events';
import type { Instant, PlainDate } from '../../../domain/time/instants';
import { foldEvents, RULES_VERSION } from '../../../domain/applications/reduce';
import { listArmedTimers, computeProgress } from '../../../domain/applications/schedule';
import { armAgenda, takeStep } from '../../../domain/applications/step';
import type { ApplicationState } from '../../../domain/applications/state';
import type { Refusal } from '../../../domain/applications/progress';
import { computeNextFollowUpAt, buildApplicationView } from '../../../domain/applications/view';
import { toLocalDate } from '../../../domain/time/calendar';
import type { Action, ApplicationKind, Fact } from '../../../domain/kernel/codes';
import { addDays } from '../../../domain/time/dates';
import {
  KIND_RULES,
  resolvePlaybook,
  deriveRules,
  type Playbook,
  type ResolvedPlaybook,
} from '../../../domain/registry/playbook';
import { evaluateFile, type ProviderFile } from '../../../domain/applications/prerequisites';

export const ZONE = 'America/Denver';
/** A Monday, 09:00 in the client's zone. */
export const DAY0 = '2027-01-04T16:00:00.000Z';
export const TODAY0 = '2027-01-04';

export const COMPLETE: ProviderFile = {
  provider: {
    npi: '1003000126',
    caqhId: '12345678',
    licences: [{ state: 'CO', expiresOn: '2099-12-31' }],
    malpractice: { expiresOn: '2099-12-31' },
  },
  practice: { npi: '1245319599', hasTin: true, address: {} },
  authorisations: [],
  authorisationRequired: false,
  portalAccess: null,
  exclusions: [],
  attestation: { attestedOn: '2027-01-02', authorizedPayerIds: null },
};

export const FACT_VALUES: Record<Fact, unknown> = {
  contract: 'executed',
  effectiveDate: '2027-03-01',
  payerProviderId: 'PIN-1',
  claimsRoute: { clearinghouse: 'Availity', payerId: '60054' },
};

type Body = Record<string, unknown>;

/** JSON as PostgreSQL gives it back: the same values, the keys in an order of its own. */
export function toStored<T>(value: T): T {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(toStored) as T;
  const entries = Object.entries(value).filter(([, v]) => v !== undefined);
  entries.sort(([a], [b]) => a.length - b.length || (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([k, v]) => [k, toStored(v)])) as T;
}

/**
 * One application on paper: the recording step played without a server. A command, a due timer or a changed file becomes
 * entries, these a state, that an agenda.
 */
export class Paper {
  readonly events: ApplicationEvent[] = [];
  /** As the record keeps it. */
  state: ApplicationState;
  now: Instant;
  file: ProviderFile;
  playbook: ResolvedPlaybook;
  /** The client's. */
  private zone = ZONE;
  private readonly own: Playbook;
  private readonly bodies = new Map<string, { action: Action; body: Body }>();
  /** Whether the operator wants facts by phone approved. */
  phoneFactsNeedApproval: boolean;
  private ids = 0;

  constructor({
    kind = 'new_individual' as ApplicationKind,
    playbook = {} as Playbook,
    file = COMPLETE,
    at = DAY0,
    adopt = undefined as Body | undefined,
    phoneFactsNeedApproval = false,
  } = {}) {
    this.phoneFactsNeedApproval = phoneFactsNeedApproval;
    this.now = at;
    this.file = file;
    this.own = playbook;
    this.playbook = resolvePlaybook(playbook, { kind, state: 'CO', lineOfBusiness: 'commercial' }, ZONE);
    const key: ApplicationKey = {
      providerId: KIND_RULES[kind].provider ? 'provider' : null,
      practiceId: 'practice',
      payerId: 'payer',
      state: 'CO',
      lineOfBusiness: 'commercial',
      kind,
      locationId: null,
    };
    const drafts = decideOpening((adopt ? { adopt } : {}) as OpeningBody, {
      applicationId: 'application',
      clientId: 'client',
      key,
      rules: deriveRules(kind, this.playbook),
      reading: this.reading(key),
      today: this.today,
      computeDigest: (value) => JSON.stringify(value),
      phoneFactsNeedApproval,
    });
    const opening = appendEntries(null, drafts, {
      at,
      payerZone: this.playbook.window.timeZone,
      entryId: 'application',
      createId: this.createId,
    });
    const { state, events } = armAgenda(
      { playbook: this.playbook, timeZone: ZONE },
      { ...opening, state: opening.state! },
    );
    this.events.push(...toStored(events));
    this.state = toStored(state);
  }

  get today(): PlainDate {
    return toLocalDate(this.now, this.zone);
  }

  get stage() {
    return this.state.stage;
  }

  /** The purposes that the queue asks for. */
  get items(): string[] {
    return this.state.agenda.items.map((item) => item.purpose).sort();
  }

  get nextFollowUpAt(): Instant | null {
    return computeNextFollowUpAt(this.state);
  }

  /** The next follow-up as a date and time in the client's zone. */
  get nextFollowUp(): string | null {
    return this.nextFollowUpAt && toLocalText(this.nextFollowUpAt);
  }

  get view() {
    return buildApplicationView(this.state, this.now, this.zone);
  }

  kinds(): string[] {
    return this.events.map((event) => event.kind);
  }

  last<K extends ApplicationEvent['kind']>(kind: K): Extract<ApplicationEvent, { kind: K }> {
    return this.events.findLast((event) => event.kind === kind) as Extract<ApplicationEvent, { kind: K }>;
  }

  /** Gives a command; returns why it was refused, or null. */
  give(action: Action, body: Body = {}, version?: number): Refusal | null {
    const id = this.createId();
    this.bodies.set(id, { action, body });
    const command = { id, action, body, ...(version !== undefined && { version }) } as Command;
    return this.step(command, this.lookUp(action, body));
  }

  /** Gives a command that must be taken. */
  act(action: Action, body: Body = {}): this {
    const refusal = this.give(action, body);
    if (refusal) throw new Error(`${action} in ${this.stage}: ${JSON.stringify(refusal)}`);
    return this;
  }

  contact(outcome: string, more: Body = {}): this {
    return this.act('contacts', { channel: 'portal', outcome, ...more });
  }

  confirm(fact: Fact, more: Body = {}): this {
    return this.act('confirmations', { fact, value: FACT_VALUES[fact], source: 'letter', reference: 'L1', ...more });
  }

  submit(more: Body = {}): this {
    return this.act('submission', { submittedOn: this.today, channel: 'payer_portal', ...more });
  }

  /** Strikes out the latest entry of a kind. */
  strike(kind: ApplicationEvent['kind']): this {
    return this.act('corrections', { entryId: this.last(kind).id });
  }

  /** Changes the file, and notifies the application. */
  change(change: Partial<ProviderFile>): this {
    this.file = { ...this.file, ...change };
    this.step(null);
    return this;
  }

  /** Moves the client to another time zone, and notifies the application. */
  move(zone: string): this {
    this.zone = zone;
    this.playbook = resolvePlaybook(this.own, this.state.key, zone);
    this.step(null);
    return this;
  }

  /** The progress that its workflow knows. */
  get known(): KnownProgress {
    const { version, stage, attempt, next } = computeProgress(this.state, this.playbook.window.timeZone);
    return { version, stage, attempt, next };
  }

  /** The record is restored to a version; what has been recorded since is lost. */
  restore(version: number): this {
    this.events.splice(version);
    this.state = toStored(foldEvents(this.events));
    return this;
  }

  /** Its workflow asks, which knows so much. */
  ask(known: KnownProgress): this {
    this.step(null, {}, known);
    return this;
  }

  /** Time passes; what falls due rings when it does. */
  until(instant: Instant): this {
    for (let rings = 0; ; rings += 1) {
      const [next] = listArmedTimers(this.state);
      if (!next || next.at > instant) break;
      if (rings > 200) throw new Error(`${next.timer} rings for ever`);
      if (next.at > this.now) this.now = next.at;
      this.step(null);
      if (this.state.agenda.timers[next.timer] === next.at) throw new Error(`${next.timer} came to nothing`);
    }
    if (instant > this.now) this.now = instant;
    return this;
  }

  days(days: number): this {
    return this.until(new Date(Date.parse(this.now) + days * 86_400_000).toISOString());
  }

  /** Time passes until the end of a local date. */
  endOf(date: PlainDate): this {
    return this.until(`${addDays(date, 1)}T05:59:59.000Z`);
  }

  /** Time passes until something falls due, and it rings. */
  ring(): this {
    const [next] = listArmedTimers(this.state);
    if (!next) throw new Error('nothing is armed');
    return this.until(next.at > this.now ? next.at : this.now);
  }

  /** Looks up what the record does for a command. */
  private lookUp(action: Action, body: Body): Partial<Circumstances> {
    if (action === 'approval') return { bySecondPerson: body.byRecorder !== true };
    if (action === 'confirmations') {
      const on = this.state.facts[body.fact as Fact];
      const current = on && on.status !== 'disputed' ? this.bodies.get(on.entryId)?.body : undefined;
      const wording = ({ value, source, reference, seen, evidence }: Body) =>
        JSON.stringify([value, source, reference, seen, evidence]);
      return {
        digest: JSON.stringify(body.value),
        proof: readProof(body as Parameters<typeof readProof>[0]),
        phoneFactsNeedApproval: this.phoneFactsNeedApproval,
        identical: current !== undefined && wording(current) === wording(body),
      };
    }
    if (action === 'contacts')
      return { call: JSON.stringify(describeCall(body as Parameters<typeof describeCall>[0], this.today)) };
    if (action === 'information') {
      const given = body.items as string[];
      const asked = (ref: string) => {
        const [entry, index] = ref.split('#');
        return (this.bodies.get(entry!)!.body.missingItems as string[])[Number(index)]!;
      };
      return { settled: this.state.outstanding.filter((ref) => given.includes(asked(ref))) };
    }
    if (action === 'corrections') {
      const entry = this.events.find((event) => event.id === body.entryId);
      if (!entry) return {};
      const own = this.bodies.has(entry.id) || entry.kind === 'opened';
      const struck = this.events.some((event) => event.kind === 'correction' && event.data.strikes === entry.id);
      return { entry: { kind: entry.kind, own, struck } };
    }
    return {};
  }

  private step(command: Command | null, found: Partial<Circumstances> = {}, known?: KnownProgress): Refusal | null {
    const { state: before, now: at, createId, playbook } = this;
    const circumstances = { reading: this.reading(before.key), today: this.today, ...found };
    const history = this.events;
    const { state, events, refusal } = takeStep({
      before,
      rulesVersion: RULES_VERSION,
      history,
      ...(known && { known }),
      command,
      circumstances,
      playbook,
      timeZone: this.zone,
      at,
      createId,
    });
    this.events.push(...toStored(events));
    this.state = toStored(state);
    return refusal;
  }

  private reading(key: ApplicationKey) {
    const { requires, requiresCaqh, attestationMaxDays } = this.playbook;
    return evaluateFile(
      this.file,
      { requires, requiresCaqh, attestationMaxDays, state: key.state, payerId: key.payerId, kind: key.kind },
      this.today,
    );
  }

  private readonly createId = (): string => `e${++this.ids}`;
}

/** An instant as date and time in the client's zone. */
export const toLocalText = (instant: Instant): string =>
  new Date(instant).toLocaleString('sv-SE', { timeZone: ZONE, dateStyle: 'short', timeStyle: 'short' });
