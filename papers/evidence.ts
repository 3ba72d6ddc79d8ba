import { writePersonName } from '../domain/kernel/names';
import { toLocalDate } from '../domain/time/calendar';
import type { Instant } from '../domain/time/instants';
import { FACTS, type Fact } from '../domain/kernel/codes';
import type {
  EvidenceConfirmation,
  EvidenceCycle,
  EvidenceCycleStep,
  EvidenceDocument,
  EvidenceEntry,
  EvidenceFile,
  EvidenceParticipation,
  EvidenceSighting,
  LoggedEntry,
} from '../domain/applications/evidence';
import type { FactValue } from '../domain/kernel/facts';
import { pdf, type Letterhead, type Column, type Row, type Table } from './pdf';

const words = (code: string | null | undefined): string => (code ?? '').replaceAll('_', ' ').replace(/\btin\b/, 'TIN');
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const lines = (...parts: (string | false | null | undefined)[]): string => parts.filter(Boolean).join('\n');

const FACT_NAMES: Record<Fact, string> = {
  contract: 'Contract',
  effectiveDate: 'Effective date',
  payerProviderId: 'Payer’s provider ID',
  claimsRoute: 'Claims route',
};

/** A cell that is longer goes on in the next row, so that no row is longer than a page. */
const LONGEST = 1200;
const PIECE = new RegExp(`.{1,${LONGEST}}`, 'gsu');
const LINE_TAKES = 40;

/** An application's evidence as a paper that can be handed on; `sha256` is that of the same file as JSON. */
export function evidencePdf(written: EvidenceFile, sha256: string, letterhead: Letterhead): Promise<Buffer> {
  const file = { ...OF_VERSION_1, ...written };
  const { application, provider, practice, payer, location, client } = file;
  const who = provider ? writePersonName(provider) : practice.legalName;
  const when = clock(client.timeZone);
  const tables = [
    confirmationsTable(file),
    attemptsTable(file, when),
    submissionsTable(file, when),
    contactsTable(file, when),
    contractTable(file, when),
    sightingsTable('In the payer’s systems', file.loading, when),
    sightingsTable('In the payer’s directory', file.directory, when),
    issuesTable(file, when),
    cyclesTable(file, when),
    documentsTable(file.documents),
    timelineTable(file, when),
  ];
  return pdf(
    {
      title: `Evidence file: ${who} with ${payer.name}, ${application.state}`,
      about: [
        `${capital(words(application.kind))}, ${words(application.lineOfBusiness)}: ${words(application.stage)}` +
          `${application.attempt > 1 ? `, attempt ${application.attempt}` : ''}.` +
          `${application.submittedOn ? ` Submitted on ${application.submittedOn}.` : ' Not submitted.'}` +
          `${application.referenceNumber ? ` The payer’s reference: ${application.referenceNumber}.` : ''}`,
        lines(
          provider && `${who}, NPI ${provider.npi}, for ${practice.legalName}`,
          `${provider ? '' : `${practice.legalName}, `}${practice.npi ? `group NPI ${practice.npi}, ` : ''}${practice.tin.type.toUpperCase()} ending in ${practice.tin.last4}`,
          location && `Location: ${lineOf(location)}`,
        ).replaceAll('\n', '; '),
        lines(participation(file.participation), cycle(file.recredentialing.cycle)).replaceAll('\n', ' '),
        `Kept for ${client.name}. As of ${when(application.asOf)}, entry ${application.version}; times are those of ${client.timeZone}.`,
      ].filter((line) => line !== ''),
      tables: tables.filter(({ rows }) => rows.length > 0),
      notes: [
        'What is crossed out was logged in error and counts for nothing; it stays, with the reason. Of a fact, “confirmed” ' +
          'counts today, “superseded” was replaced later, “disputed” is contradicted by another source, “claimed” is the ' +
          'client’s word alone.',
        'The documents themselves are not part of this file; each is known by the SHA-256 of its content. The same ' +
          `evidence as a JSON file has the SHA-256 ${sha256}.`,
      ],
      foot: `SHA-256 of the JSON file: ${sha256}`,
    },
    letterhead,
  );
}

const participation = (span: EvidenceParticipation | null): string =>
  span
    ? `In network from ${span.effectiveFrom ?? 'a day not confirmed yet'}` +
      `${span.effectiveTo ? `, through ${span.effectiveTo}` : ''}.`
    : '';

/** What a file of version 1 has of a participation. */
const OF_VERSION_1: Pick<EvidenceFile, 'loading' | 'directory' | 'issues' | 'recredentialing'> = {
  loading: [],
  directory: [],
  issues: [],
  recredentialing: { cycle: null, steps: [] },
};

const BASIS: Record<EvidenceCycle['basis'], string> = {
  stated: 'the committee’s decision',
  committee_contact: 'the committee’s decision, as the payer stated it',
  approval: 'the payer’s approval',
  effective_date: 'the effective date, for want of the committee’s',
};

const cycle = (running: EvidenceCycle | null): string =>
  running ? `Recredentialing is due by ${running.dueOn}, counted from ${running.from}: ${BASIS[running.basis]}.` : '';

const lineOf = ({ name, address }: { name: string | null; address: object }): string => {
  const { line1, line2, city, state, postalCode } = address as Record<string, string>;
  return [name, line1, line2, city, `${state} ${postalCode}`].filter(Boolean).join(', ');
};

type When = (at: Instant) => string;

/** Local dates and times of a zone, to the minute. */
const clock = (timeZone: string): When => {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return (at) => format.format(Date.parse(at)).replace(',', '');
};

/** A table of what was logged: whoever struck a line out is why it is crossed out. */
function table<T extends LoggedEntry>(
  heading: string,
  columns: readonly (Column & { of: (one: T) => string })[],
  items: readonly T[],
): Table {
  const rows = items.flatMap((item): Row[] => {
    const cells = columns.map(({ of }) => of(item));
    if (!item.struck) return continued(cells);
    const why = columns.map((_, i) => (i === columns.length - 1 ? `Struck out: ${item.struck!.reason}` : ''));
    return [...continued(cells).map((struck) => ({ struck })), ...continued(why)];
  });
  return { heading, columns: columns.map(({ title, share }) => ({ title, share })), rows };
}

/** A row as the rows that it takes. */
function continued(cells: readonly string[]): string[][] {
  const cut = cells.map(pieces);
  return Array.from({ length: Math.max(...cut.map(({ length }) => length)) }, (_, i) => cut.map((one) => one[i] ?? ''));
}

/** A cell in pieces of `LONGEST`, where a line of its own counts as at least so many characters. */
function pieces(cell: string): string[] {
  const parts = [''];
  let room = LONGEST;
  for (const line of cell.split('\n').flatMap((one) => one.match(PIECE) ?? [''])) {
    const takes = Math.max(LINE_TAKES, line.length);
    if (takes > room) {
      parts.push(line);
      room = LONGEST;
    } else parts.push([parts.pop(), line].filter(Boolean).join('\n'));
    room -= takes;
  }
  return parts;
}

const documentNames = (documents: readonly EvidenceDocument[]): string =>
  documents.map(({ name, sha256 }) => `${name} (${sha256.slice(0, 8)}…)`).join('\n');

const confirmationsTable = ({ confirmations }: EvidenceFile): Table =>
  table(
    'The four facts',
    [
      { title: 'Fact', share: 12, of: ({ fact }) => FACT_NAMES[fact] },
      { title: 'Value', share: 24, of: ({ value }) => valueOf(value) },
      { title: 'Status', share: 10, of: ({ status }) => words(status) },
      { title: 'Confirmed on', share: 10, of: ({ confirmedOn }) => confirmedOn },
      {
        title: 'Source',
        share: 22,
        of: sourceOf,
      },
      { title: 'What it names', share: 14, of: seenOf },
      {
        title: 'Evidence',
        share: 22,
        of: ({ documents, reason }) => lines(documentNames(documents), reason && `Reason: ${reason}`),
      },
    ],
    FACTS.flatMap((fact) => confirmations.filter((one) => one.fact === fact)),
  );

function valueOf(value: FactValue): string {
  if (typeof value === 'string') return value;
  if ('none' in value) return `none${'basis' in value ? `, by ${words(value.basis)}` : ''} (said by ${value.saidBy})`;
  if ('inheritedFrom' in value) return 'that of the practice’s agreement';
  if ('portal' in value) return `portal ${value.portal}`;
  if ('paperAddress' in value) {
    const { paperAddress } = value;
    const written = typeof paperAddress === 'string';
    return `by mail: ${written ? paperAddress : lineOf({ name: null, address: paperAddress as object })}`;
  }
  return lines(`${value.clearinghouse}, payer ID ${value.payerId}`, value.eraEnrolled && 'ERA enrolled');
}

const seenOf = ({ seen }: EvidenceConfirmation): string =>
  lines(
    seen?.partyName,
    seen?.npi && `NPI ${seen.npi}`,
    seen?.tinLast4 && `TIN ending in ${seen.tinLast4}`,
    seen?.locationId && 'the location',
  );

const attemptsTable = ({ attempts }: EvidenceFile, when: When): Table => ({
  heading: 'Attempts',
  columns: [
    { title: 'Attempt', share: 8 },
    { title: 'Submitted on', share: 12 },
    { title: 'Stage', share: 18 },
    { title: 'Ended', share: 16 },
    { title: 'By', share: 46 },
  ],
  // a single attempt says nothing that the head doesn't
  rows:
    attempts.length < 2
      ? []
      : attempts.map(({ number, submittedOn, stage, endedAt, endedBy, filingDateLost }) => [
          String(number),
          submittedOn ?? '',
          words(stage),
          endedAt ? when(endedAt) : '',
          `${words(endedBy)}${filingDateLost ? '; its filing date is lost' : ''}`,
        ]),
});

const submissionsTable = ({ submissions }: EvidenceFile, when: When): Table =>
  table(
    'What was sent',
    [
      { title: 'Submitted on', share: 12, of: ({ submittedOn }) => submittedOn },
      { title: 'Attempt', share: 8, of: ({ attempt }) => String(attempt) },
      {
        title: 'Through',
        share: 14,
        of: ({ channel }) => (channel ? words(channel) : 'filed before it was taken over'),
      },
      { title: 'Payer’s reference', share: 18, of: ({ referenceNumber }) => referenceNumber ?? '' },
      { title: 'Recorded', share: 20, of: ({ at, by }) => lines(when(at), by) },
      { title: 'Proof', share: 28, of: ({ documents }) => documentNames(documents) },
    ],
    submissions,
  );

const contactsTable = ({ contacts }: EvidenceFile, when: When): Table =>
  table(
    'Contacts with the payer',
    [
      { title: 'When', share: 14, of: ({ at }) => when(at) },
      { title: 'By', share: 9, of: ({ channel }) => words(channel) },
      { title: 'Outcome', share: 14, of: ({ outcome }) => words(outcome) },
      { title: 'Who answered', share: 18, of: ({ rep, department }) => lines(rep, department) },
      { title: 'Reference', share: 15, of: ({ referenceNumber }) => referenceNumber ?? '' },
      { title: 'Logged by', share: 12, of: ({ by }) => by },
      {
        title: 'Said',
        share: 26,
        of: ({ missingItems, promisedOn }) =>
          lines(missingItems && `Asked for: ${missingItems.join('; ')}`, promisedOn && `Promised for ${promisedOn}`),
      },
    ],
    contacts,
  );

const contractTable = ({ contract }: EvidenceFile, when: When): Table =>
  table(
    'The contract',
    [
      { title: 'On', share: 12, of: ({ on }) => on },
      { title: 'Status', share: 14, of: ({ status }) => words(status) },
      { title: 'Reference', share: 22, of: ({ reference }) => reference ?? '' },
      { title: 'Recorded', share: 20, of: ({ at, by }) => lines(when(at), by) },
      {
        title: 'Terms',
        share: 32,
        of: ({ feeScheduleReference, termNoticeDays, renewsOn }) =>
          lines(
            feeScheduleReference && `Fee schedule: ${feeScheduleReference}`,
            termNoticeDays !== undefined && `Notice: ${termNoticeDays} days`,
            renewsOn && `Renews on ${renewsOn}`,
          ),
      },
    ],
    contract,
  );

const sourceOf = ({ source, reference, rep }: { source?: string; reference?: string; rep?: string }): string =>
  lines(words(source), reference, rep && `said by ${rep}`);

const sightingsTable = (heading: string, sightings: readonly EvidenceSighting[], when: When): Table =>
  table(
    heading,
    [
      { title: 'Seen on', share: 12, of: ({ seenOn }) => seenOn },
      { title: 'Status', share: 14, of: ({ status }) => words(status) },
      { title: 'Source', share: 28, of: sourceOf },
      { title: 'Recorded', share: 20, of: ({ at, by }) => lines(when(at), by) },
      { title: 'Evidence', share: 26, of: ({ documents }) => documentNames(documents) },
    ],
    sightings,
  );

const issuesTable = ({ issues }: EvidenceFile, when: When): Table =>
  table(
    'Issues of the participation',
    [
      { title: 'Issue', share: 14, of: ({ code }) => words(code) },
      { title: 'Since', share: 10, of: ({ since }) => since },
      {
        title: 'Puts in doubt',
        share: 14,
        of: ({ disproves }) => lines(...disproves.map((f) => FACT_NAMES[f])),
      },
      { title: 'Recorded', share: 18, of: ({ at, by, reference }) => lines(when(at), by, reference) },
      { title: 'Resolved on', share: 10, of: ({ resolvedOn }) => resolvedOn ?? 'not yet' },
      { title: 'By', share: 18, of: ({ resolution }) => (resolution ? sourceOf(resolution) : '') },
      {
        title: 'Evidence',
        share: 16,
        of: ({ documents, resolution }) => documentNames([...documents, ...(resolution?.documents ?? [])]),
      },
    ],
    issues,
  );

const STEPS: Record<EvidenceCycleStep['what'], string> = {
  committee_date: 'The committee decided',
  recredentialing: 'The payer began',
  recredentialing_due: 'Our application was opened',
  recredentialing_missed: 'No decision came in time',
};

const isOfPayer = (what: EvidenceCycleStep['what']): boolean => what === 'committee_date' || what === 'recredentialing';

const cyclesTable = ({ client, recredentialing }: EvidenceFile, when: When): Table =>
  table(
    'Recredentialing',
    [
      { title: 'What', share: 22, of: ({ what, on }) => lines(STEPS[what], !isOfPayer(what) && `counted from ${on}`) },
      { title: 'On', share: 10, of: ({ what, on, at }) => (isOfPayer(what) ? on : toLocalDate(at, client.timeZone)) },
      { title: 'Due by', share: 10, of: ({ dueOn }) => dueOn ?? '' },
      { title: 'Source', share: 20, of: sourceOf },
      { title: 'Recorded', share: 18, of: ({ at, by }) => lines(when(at), by) },
      { title: 'Evidence', share: 16, of: ({ documents }) => documentNames(documents) },
    ],
    recredentialing.steps,
  );

const documentsTable = (documents: readonly EvidenceDocument[]): Table => ({
  heading: 'Documents',
  columns: [
    { title: 'Name', share: 30 },
    { title: 'Kind', share: 15 },
    { title: 'SHA-256', share: 55 },
  ],
  rows: documents.map(({ name, kind, sha256 }) => [name, words(kind), sha256]),
});

/** Entries that say nothing to anybody else: what the system did for itself. */
const INNER = [
  'file',
  'nudge',
  'escalation',
  'deadline_passed',
  'assignment',
  'playbook',
  'details',
  'effective',
  'recredentialing_reminder',
  'rules',
  'found_behind',
  'restore_review',
  'workflow_restarted',
  'replanned',
  'repaired',
];

const timelineTable = ({ timeline, messages }: EvidenceFile, when: When): Table =>
  table(
    'Everything that happened, in order of time',
    [
      { title: 'When', share: 14, of: ({ at }) => when(at) },
      { title: 'What', share: 20, of: ({ what }) => what },
      { title: 'By', share: 16, of: ({ by }) => by },
      { title: 'In detail', share: 50, of: ({ detail }) => detail },
    ],
    [
      ...timeline
        .filter(({ kind }) => !INNER.includes(kind))
        .map((entry) => ({
          entryId: entry.id,
          at: entry.at,
          by: entry.actor.name,
          ...(entry.struck && { struck: { reason: entry.struck.reason } }),
          what: capital(words(entry.kind)),
          detail: detailOf(entry),
        })),
      ...messages.map(({ sentAt, purpose }) => ({
        entryId: '',
        at: sentAt,
        by: 'Countersign',
        what: 'Mail to the payer',
        detail: words(purpose),
      })),
    ].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)),
  );

/** Of an entry, what is there to read in a word or two; the rest is in the tables above, and in the JSON file. */
function detailOf(entry: EvidenceEntry): string {
  const text = (name: string) => (typeof entry[name] === 'string' ? entry[name] : '');
  const items = Array.isArray(entry.items) ? (entry.items as string[]).join('; ') : '';
  switch (entry.kind) {
    case 'opened':
      return entry.adopt ? 'taken over with what had happened before' : '';
    case 'stage':
      return `${words(text('from'))} → ${words(text('to'))}`;
    case 'contact':
      return words(text('outcome'));
    case 'confirmation':
      return FACT_NAMES[entry.fact as Fact];
    case 'contract':
      return words(text('status'));
    case 'submission':
      return `${text('submittedOn')}, ${words(text('channel'))}`;
    case 'information':
      return lines(`provided on ${text('providedOn')}`, items);
    case 'waiver':
      return lines(`${words(text('prerequisite'))} until ${text('until')}`, text('reason'));
    case 'loading':
    case 'directory':
      return `${words(text('status'))}, seen on ${text('seenOn')}`;
    case 'issue':
      return `${words(text('code'))}, since ${text('since')}`;
    case 'issue_resolved':
      return `${words(text('code'))}, on ${text('resolvedOn')}`;
    case 'committee_date':
      return text('on');
    case 'recredentialing':
      return `begun by the payer on ${text('startedOn')}`;
    case 'recredentialing_due':
    case 'recredentialing_missed':
      return `due by ${text('dueOn')}`;
    case 'participation_over':
    case 'participation_end':
      return lines(`last day ${text('on')}`, reasonOf(text('reason')));
    default:
      return reasonOf(text('reason')) || text('text');
  }
}

/** A reason in the words in which it was given; one that an ending gave is a code. */
const reasonOf = (reason: string): string => (/^[a-z]+(_[a-z]+)*$/.test(reason) ? words(reason) : reason);
