import type { Letterhead } from '../domain/kernel/letterhead';
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
} from '../domain/applications/evidence-file';
import type { FactValue } from '../domain/kernel/facts';
import { drawPdf, type Column, type Row, type Table } from './pdf-layout';
import { joinLines, spellCode } from './words';

const capitalizeText = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

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

/** Draws an application's evidence file as a paper that can be handed on; `sha256` is that of the same file as JSON. */
export function drawEvidenceFile(written: EvidenceFile, sha256: string, letterhead: Letterhead): Promise<Buffer> {
  const file = { ...OF_VERSION_1, ...written };
  const { application, provider, practice, payer, location, client } = file;
  const who = provider ? writePersonName(provider) : practice.legalName;
  const formatInstant = createClock(client.timeZone);
  const tables = [
    buildConfirmationsTable(file),
    buildAttemptsTable(file, formatInstant),
    buildSubmissionsTable(file, formatInstant),
    buildContactsTable(file, formatInstant),
    buildContractTable(file, formatInstant),
    buildSightingsTable('In the payer’s systems', file.loading, formatInstant),
    buildSightingsTable('In the payer’s directory', file.directory, formatInstant),
    buildIssuesTable(file, formatInstant),
    buildCyclesTable(file, formatInstant),
    buildDocumentsTable(file.documents),
    buildTimelineTable(file, formatInstant),
  ];
  return drawPdf(
    {
      title: `Evidence file: ${who} with ${payer.name}, ${application.state}`,
      about: [
        `${capitalizeText(spellCode(application.kind))}, ${spellCode(application.lineOfBusiness)}: ${spellCode(application.stage)}` +
          `${application.attempt > 1 ? `, attempt ${application.attempt}` : ''}.` +
          `${application.submittedOn ? ` Submitted on ${application.submittedOn}.` : ' Not submitted.'}` +
          `${application.referenceNumber ? ` The payer’s reference: ${application.referenceNumber}.` : ''}`,
        joinLines(
          provider && `${who}, NPI ${provider.npi}, for ${practice.legalName}`,
          `${provider ? '' : `${practice.legalName}, `}${practice.npi ? `group NPI ${practice.npi}, ` : ''}${practice.tin.type.toUpperCase()} ending in ${practice.tin.last4}`,
          location && `Location: ${writeLine(location)}`,
        ).replaceAll('\n', '; '),
        joinLines(describeParticipation(file.participation), describeCycle(file.recredentialing.cycle)).replaceAll(
          '\n',
          ' ',
        ),
        `Kept for ${client.name}. As of ${formatInstant(application.asOf)}, entry ${application.version}; times are those of ${client.timeZone}.`,
      ].filter((line) => line !== ''),
      tables: tables.filter(({ rows }) => rows.length > 0),
      notes: [
        'What is crossed out was logged in error and counts for nothing; it stays, with the reason. Of a fact, “confirmed” ' +
          'counts today, “superseded” was replaced later, “disputed” is contradicted by another source, “claimed” is the ' +
          'client’s word alone.',
        'The documents themselves are not part of this file; each is known by the SHA-256 of its content. Of one with “no ' +
          'file stored” that hash is all there is. The same ' +
          `evidence as a JSON file has the SHA-256 ${sha256}.`,
      ],
      foot: `SHA-256 of the JSON file: ${sha256}`,
    },
    letterhead,
  );
}

const describeParticipation = (span: EvidenceParticipation | null): string =>
  span
    ? `In network from ${span.effectiveFrom ?? 'a day not confirmed yet'}` +
      `${span.effectiveTo ? `, through ${span.effectiveTo}` : ''}.`
    : '';

/** The participation in a file of version 1. */
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

const describeCycle = (running: EvidenceCycle | null): string =>
  running ? `Recredentialing is due by ${running.dueOn}, counted from ${running.from}: ${BASIS[running.basis]}.` : '';

const writeLine = ({ name, address }: { name: string | null; address: object }): string => {
  const { line1, line2, city, state, postalCode } = address as Record<string, string>;
  return [name, line1, line2, city, `${state} ${postalCode}`].filter(Boolean).join(', ');
};

type FormatInstant = (at: Instant) => string;

/** Creates the format of a zone's local dates and times, to the minute. */
const createClock = (timeZone: string): FormatInstant => {
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

/** Builds a table of logged entries; one that was struck is crossed out, with its reason. */
function buildTable<T extends LoggedEntry>(
  heading: string,
  columns: readonly (Column & { write: (one: T) => string })[],
  items: readonly T[],
): Table {
  const rows = items.flatMap((item): Row[] => {
    const cells = columns.map(({ write }) => write(item));
    if (!item.struck) return splitRow(cells);
    const why = columns.map((_, i) => (i === columns.length - 1 ? `Struck out: ${item.struck!.reason}` : ''));
    return [...splitRow(cells).map((struck) => ({ struck })), ...splitRow(why)];
  });
  return { heading, columns: columns.map(({ title, share }) => ({ title, share })), rows };
}

/** Splits a row into the rows that it takes. */
function splitRow(cells: readonly string[]): string[][] {
  const cut = cells.map(splitCell);
  return Array.from({ length: Math.max(...cut.map(({ length }) => length)) }, (_, i) => cut.map((one) => one[i] ?? ''));
}

/** Splits a cell into pieces of `LONGEST`; a line of its own counts as at least `LINE_TAKES` characters. */
function splitCell(cell: string): string[] {
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

/** Whether only the hash of a document is on record; of files that were frozen earlier nobody can say. */
const isWithoutFile = ({ storedAt }: EvidenceDocument): boolean => storedAt === null;

const joinDocumentNames = (documents: readonly EvidenceDocument[]): string =>
  documents
    .map((one) => `${one.name} (${one.sha256.slice(0, 8)}…${isWithoutFile(one) ? ', no file stored' : ''})`)
    .join('\n');

const buildConfirmationsTable = ({ confirmations }: EvidenceFile): Table =>
  buildTable(
    'The four facts',
    [
      { title: 'Fact', share: 12, write: ({ fact }) => FACT_NAMES[fact] },
      { title: 'Value', share: 24, write: ({ value }) => writeValue(value) },
      { title: 'Status', share: 10, write: ({ status }) => spellCode(status) },
      { title: 'Confirmed on', share: 10, write: ({ confirmedOn }) => confirmedOn },
      {
        title: 'Source',
        share: 22,
        write: writeSource,
      },
      { title: 'What it names', share: 14, write: writeSeen },
      {
        title: 'Evidence',
        share: 22,
        write: ({ documents, reason }) => joinLines(joinDocumentNames(documents), reason && `Reason: ${reason}`),
      },
    ],
    FACTS.flatMap((fact) => confirmations.filter((one) => one.fact === fact)),
  );

function writeValue(value: FactValue): string {
  if (typeof value === 'string') return value;
  if ('none' in value)
    return `none${'basis' in value ? `, by ${spellCode(value.basis)}` : ''} (said by ${value.saidBy})`;
  if ('inheritedFrom' in value) return 'that of the practice’s agreement';
  if ('portal' in value) return `portal ${value.portal}`;
  if ('paperAddress' in value) {
    const { paperAddress } = value;
    const written = typeof paperAddress === 'string';
    return `by mail: ${written ? paperAddress : writeLine({ name: null, address: paperAddress as object })}`;
  }
  return joinLines(`${value.clearinghouse}, payer ID ${value.payerId}`, value.eraEnrolled && 'ERA enrolled');
}

const writeSeen = ({ seen }: EvidenceConfirmation): string =>
  joinLines(
    seen?.partyName,
    seen?.npi && `NPI ${seen.npi}`,
    seen?.tinLast4 && `TIN ending in ${seen.tinLast4}`,
    seen?.locationId && 'the location',
  );

const buildAttemptsTable = ({ attempts }: EvidenceFile, formatInstant: FormatInstant): Table => ({
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
          spellCode(stage),
          endedAt ? formatInstant(endedAt) : '',
          `${spellCode(endedBy)}${filingDateLost ? '; its filing date is lost' : ''}`,
        ]),
});

const buildSubmissionsTable = ({ submissions }: EvidenceFile, formatInstant: FormatInstant): Table =>
  buildTable(
    'What was sent',
    [
      { title: 'Submitted on', share: 12, write: ({ submittedOn }) => submittedOn },
      { title: 'Attempt', share: 8, write: ({ attempt }) => String(attempt) },
      {
        title: 'Through',
        share: 14,
        write: ({ channel }) => (channel ? spellCode(channel) : 'filed before it was taken over'),
      },
      { title: 'Payer’s reference', share: 18, write: ({ referenceNumber }) => referenceNumber ?? '' },
      { title: 'Recorded', share: 20, write: ({ at, by }) => joinLines(formatInstant(at), by) },
      { title: 'Proof', share: 28, write: ({ documents }) => joinDocumentNames(documents) },
    ],
    submissions,
  );

const buildContactsTable = ({ contacts }: EvidenceFile, formatInstant: FormatInstant): Table =>
  buildTable(
    'Contacts with the payer',
    [
      { title: 'When', share: 14, write: ({ at }) => formatInstant(at) },
      { title: 'By', share: 9, write: ({ channel }) => spellCode(channel) },
      { title: 'Outcome', share: 14, write: ({ outcome }) => spellCode(outcome) },
      { title: 'Who answered', share: 18, write: ({ rep, department }) => joinLines(rep, department) },
      { title: 'Reference', share: 15, write: ({ referenceNumber }) => referenceNumber ?? '' },
      { title: 'Logged by', share: 12, write: ({ by }) => by },
      {
        title: 'Said',
        share: 26,
        write: ({ missingItems, promisedOn }) =>
          joinLines(
            missingItems && `Asked for: ${missingItems.join('; ')}`,
            promisedOn && `Promised for ${promisedOn}`,
          ),
      },
    ],
    contacts,
  );

const buildContractTable = ({ contract }: EvidenceFile, formatInstant: FormatInstant): Table =>
  buildTable(
    'The contract',
    [
      { title: 'On', share: 12, write: ({ on }) => on },
      { title: 'Status', share: 14, write: ({ status }) => spellCode(status) },
      { title: 'Reference', share: 22, write: ({ reference }) => reference ?? '' },
      { title: 'Recorded', share: 20, write: ({ at, by }) => joinLines(formatInstant(at), by) },
      {
        title: 'Terms',
        share: 32,
        write: ({ feeScheduleReference, termNoticeDays, renewsOn }) =>
          joinLines(
            feeScheduleReference && `Fee schedule: ${feeScheduleReference}`,
            termNoticeDays !== undefined && `Notice: ${termNoticeDays} days`,
            renewsOn && `Renews on ${renewsOn}`,
          ),
      },
    ],
    contract,
  );

const writeSource = ({ source, reference, rep }: { source?: string; reference?: string; rep?: string }): string =>
  joinLines(spellCode(source), reference, rep && `said by ${rep}`);

const buildSightingsTable = (
  heading: string,
  sightings: readonly EvidenceSighting[],
  formatInstant: FormatInstant,
): Table =>
  buildTable(
    heading,
    [
      { title: 'Seen on', share: 12, write: ({ seenOn }) => seenOn },
      { title: 'Status', share: 14, write: ({ status }) => spellCode(status) },
      { title: 'Source', share: 28, write: writeSource },
      { title: 'Recorded', share: 20, write: ({ at, by }) => joinLines(formatInstant(at), by) },
      { title: 'Evidence', share: 26, write: ({ documents }) => joinDocumentNames(documents) },
    ],
    sightings,
  );

const buildIssuesTable = ({ issues }: EvidenceFile, formatInstant: FormatInstant): Table =>
  buildTable(
    'Issues of the participation',
    [
      { title: 'Issue', share: 14, write: ({ code }) => spellCode(code) },
      { title: 'Since', share: 10, write: ({ since }) => since },
      {
        title: 'Puts in doubt',
        share: 14,
        write: ({ disproves }) => joinLines(...disproves.map((f) => FACT_NAMES[f])),
      },
      { title: 'Recorded', share: 18, write: ({ at, by, reference }) => joinLines(formatInstant(at), by, reference) },
      { title: 'Resolved on', share: 10, write: ({ resolvedOn }) => resolvedOn ?? 'not yet' },
      { title: 'By', share: 18, write: ({ resolution }) => (resolution ? writeSource(resolution) : '') },
      {
        title: 'Evidence',
        share: 16,
        write: ({ documents, resolution }) => joinDocumentNames([...documents, ...(resolution?.documents ?? [])]),
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

const buildCyclesTable = ({ client, recredentialing }: EvidenceFile, formatInstant: FormatInstant): Table =>
  buildTable(
    'Recredentialing',
    [
      {
        title: 'What',
        share: 22,
        write: ({ what, on }) => joinLines(STEPS[what], !isOfPayer(what) && `counted from ${on}`),
      },
      {
        title: 'On',
        share: 10,
        write: ({ what, on, at }) => (isOfPayer(what) ? on : toLocalDate(at, client.timeZone)),
      },
      { title: 'Due by', share: 10, write: ({ dueOn }) => dueOn ?? '' },
      { title: 'Source', share: 20, write: writeSource },
      { title: 'Recorded', share: 18, write: ({ at, by }) => joinLines(formatInstant(at), by) },
      { title: 'Evidence', share: 16, write: ({ documents }) => joinDocumentNames(documents) },
    ],
    recredentialing.steps,
  );

const buildDocumentsTable = (documents: readonly EvidenceDocument[]): Table => ({
  heading: 'Documents',
  columns: [
    { title: 'Name', share: 28 },
    { title: 'Kind', share: 14 },
    { title: 'File', share: 12 },
    { title: 'SHA-256', share: 46 },
  ],
  rows: documents.map((one) => [
    one.name,
    spellCode(one.kind),
    isWithoutFile(one) ? 'no file stored' : one.storedAt ? 'stored' : '',
    one.sha256,
  ]),
});

/** Entries that say nothing to others: work that the system did for itself. */
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

const buildTimelineTable = ({ timeline, messages }: EvidenceFile, formatInstant: FormatInstant): Table =>
  buildTable(
    'Everything that happened, in order of time',
    [
      { title: 'When', share: 14, write: ({ at }) => formatInstant(at) },
      { title: 'What', share: 20, write: ({ what }) => what },
      { title: 'By', share: 16, write: ({ by }) => by },
      { title: 'In detail', share: 50, write: ({ detail }) => detail },
    ],
    [
      ...timeline
        .filter(({ kind }) => !INNER.includes(kind))
        .map((entry) => ({
          entryId: entry.id,
          at: entry.at,
          by: entry.actor.name,
          ...(entry.struck && { struck: { reason: entry.struck.reason } }),
          what: capitalizeText(spellCode(entry.kind)),
          detail: writeDetail(entry),
        })),
      ...messages.map(({ sentAt, purpose }) => ({
        entryId: '',
        at: sentAt,
        by: 'Countersign',
        what: 'Mail to the payer',
        detail: spellCode(purpose),
      })),
    ].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)),
  );

/** Writes the detail of an entry in a word or two; the rest is in the tables above, and in the JSON file. */
function writeDetail(entry: EvidenceEntry): string {
  const readText = (name: string) => (typeof entry[name] === 'string' ? entry[name] : '');
  const items = Array.isArray(entry.items) ? (entry.items as string[]).join('; ') : '';
  switch (entry.kind) {
    case 'opened':
      return entry.adopt ? 'taken over with what had happened before' : '';
    case 'stage':
      return `${spellCode(readText('from'))} → ${spellCode(readText('to'))}`;
    case 'contact':
      return spellCode(readText('outcome'));
    case 'confirmation':
      return FACT_NAMES[entry.fact as Fact];
    case 'contract':
      return spellCode(readText('status'));
    case 'submission':
      return `${readText('submittedOn')}, ${spellCode(readText('channel'))}`;
    case 'information':
      return joinLines(`provided on ${readText('providedOn')}`, items);
    case 'waiver':
      return joinLines(`${spellCode(readText('prerequisite'))} until ${readText('until')}`, readText('reason'));
    case 'loading':
    case 'directory':
      return `${spellCode(readText('status'))}, seen on ${readText('seenOn')}`;
    case 'issue':
      return `${spellCode(readText('code'))}, since ${readText('since')}`;
    case 'issue_resolved':
      return `${spellCode(readText('code'))}, on ${readText('resolvedOn')}`;
    case 'committee_date':
      return readText('on');
    case 'recredentialing':
      return `begun by the payer on ${readText('startedOn')}`;
    case 'recredentialing_due':
    case 'recredentialing_missed':
      return `due by ${readText('dueOn')}`;
    case 'participation_over':
    case 'participation_end':
      return joinLines(`last day ${readText('on')}`, writeReason(readText('reason')));
    default:
      return writeReason(readText('reason')) || readText('text');
  }
}

/** Writes a reason in the words in which it was given; one that an ending gave is a code. */
const writeReason = (reason: string): string => (/^[a-z]+(_[a-z]+)*$/.test(reason) ? spellCode(reason) : reason);
