import { nameDay } from '../domain/time/calendar';
import { TO_DO } from '../domain/work-queue/to-do';
import { writePage, type Block } from './page';

/** The content that a template may use: codes and dates of the message, names as they are when it is sent. */
export interface Content {
  template: string;
  data: Record<string, unknown>;
  /** The client for which it is written; a provider may be with several. */
  clientName?: string;
  /** The only data about the provider, except to a payer. */
  providerName: string | null;
  payerName: string | null;
  state: string | null;
  /** The platform of a message, with the names of its payers by id. */
  platform?: string | null;
  payerNames?: Record<string, string> | null;
  /** The kind of the document that a message is about. */
  documentKind?: string | null;
  /** Only to a payer; the TIN only if its playbook says so. */
  forPayer?: { npi: string | null; practiceName: string; referenceNumber: string | null; tin: string | null };
}

/** The reader of a mail: not all of them get the same words. */
export type Reader = 'provider' | 'user' | 'client' | 'payer' | 'platform' | 'holder';

interface Section {
  subject: string;
  blocks: Block[];
}

const readText = (value: unknown): string => (typeof value === 'string' ? value : '');
const dropRepeats = (lines: string[]): string[] => [...new Set(lines)];

const namePayer = ({ payerName, state }: Content): string =>
  payerName ? (state ? `${payerName} (${state})` : payerName) : 'the payer';
const nameSubject = (content: Content): string => [content.providerName, namePayer(content)].filter(Boolean).join(', ');

/** Names the item of a person's upkeep that a message is about. */
function nameUpkeepItem({ data: { item, state }, documentKind }: Content, caqh: string): string {
  const at = state ? ` (${readText(state)})` : '';
  const names: Record<string, string> = {
    attestation: `${caqh} attestation`,
    licence: `licence${at}`,
    malpractice: 'malpractice insurance',
    dea: `DEA registration${at}`,
    document: documentKind ? `document “${documentKind}”` : 'document',
    authorisation: 'signed authorisation',
  };
  return names[readText(item)] ?? readText(item);
}

/** The questions of the ledger, put to the provider or about one. */
const QUESTIONS: Record<string, (own: string) => string> = {
  direct_contract: (own) => `Is there a contract with the payer under ${own} own NPI, TIN and practice?`,
  bill_outside: (own) => `May the same payer be billed outside the platform, under ${own} own details?`,
  portable_on_exit: () =>
    'What remains on leaving the platform: payer relationships, provider IDs, rates, claims routes, workflows with clients?',
  claims_under_own_setup: (own) => `Are claims submitted under ${own} own practice setup?`,
  control_terms: (own) =>
    `Outside the platform, are contract, fee schedule, effective date and billing route in ${own} own hands?`,
  free_of_restrictions: () =>
    'Are there restrictions on client transition, notice, payer use or billing outside? Which clause says so, and how many days of notice?',
};

interface OpenQuestion {
  question: string;
  payerId: string;
  state: string | null;
  because: string;
}

const readQuestions = ({ data }: Pick<Content, 'data'>): OpenQuestion[] => data.questions as OpenQuestion[];

/** Writes each question once, with the payers and states for which it is open if that is not all of them. */
function writeQuestions({ data, payerNames }: Content, own: string): string[] {
  const open = readQuestions({ data });
  const nameScope = ({ payerId, state }: OpenQuestion) => `${payerNames?.[payerId] ?? ''}${state ? ` (${state})` : ''}`;
  const everywhere = new Set(open.map(nameScope)).size;
  const codes = [...new Set(open.map(({ question }) => question))];
  return codes.map((code) => {
    const places = open.filter(({ question }) => question === code).map(nameScope);
    const asked = QUESTIONS[code]?.(own) ?? code.replaceAll('_', ' ');
    return `${asked}${places.length < everywhere || everywhere === 1 ? ` – ${places.join(', ')}` : ''}`;
  });
}

/** The reasons for asking again what was answered before. */
const ASKED_ANEW: Record<string, string> = {
  old: 'Some of this was answered more than a year ago: please say whether it still holds.',
  terms_changed: 'The terms have changed since some of this was answered: please say what holds now.',
};

/** Describes the work to be done. */
const describeTask = ({ data }: Content): string =>
  (TO_DO as Partial<Record<string, string>>)[readText(data.purpose)] ?? readText(data.purpose).replaceAll('_', ' ');
const writeDueOn = ({ data }: Content): string =>
  `${nameDay(readText(data.dueOn))}, ${readText(data.dueOn).slice(0, 4)}`;
/** Writes that a payer wants the attestation fresher than CAQH does. */
const writeFreshness = ({ data: { maxDays } }: Content): string =>
  typeof maxDays === 'number' ? ` (at most ${maxDays} days old, says the payer)` : '';
const writeDueSince = ({ data }: Content): string => (data.dueOn ? `, due since ${nameDay(readText(data.dueOn))}` : '');

/** Writes all that a mail says of one kind, in one section. */
type Template = (contents: readonly Content[], reader: Reader, caqh: string) => Section;

const TEMPLATES: Record<string, Template> = {
  platform_inquiry: (contents, reader) => {
    const { data, platform, providerName } = contents[0]!;
    const through = platform ?? 'the platform';
    const theirs = reader === 'provider' ? 'your' : `${providerName ?? 'the provider'}’s`;
    const own = reader === 'provider' ? 'your' : 'the provider’s';
    const again = new Set(contents.flatMap((content) => readQuestions(content).map(({ because }) => because)));
    return {
      subject: `${Number(data.asked) > 1 ? 'Reminder: ' : ''}Questions about ${theirs} participation through ${through}`,
      blocks: [
        `To know which contracts with payers are ${own} own and which are the platform’s, these questions are still open:`,
        { numbered: dropRepeats(contents.flatMap((content) => writeQuestions(content, own))) },
        ...Object.keys(ASKED_ANEW).flatMap((because) => (again.has(because) ? ASKED_ANEW[because]! : [])),
        'Yes, no or unclear is enough, with who says so and since when; a copy of the clause or letter helps. ' +
          'You can leave open what you do not know.',
      ],
    };
  },
  attestation_due: (contents, _reader, caqh) => ({
    subject: `Please attest in ${caqh}`,
    blocks: [
      `${contents.length > 1 ? 'These applications wait' : 'One application waits'} for your ${caqh} attestation:`,
      dropRepeats(contents.map((content) => `${namePayer(content)}${writeFreshness(content)}`)),
      `Please log in to ${caqh}, check that your profile is right, authorise each payer named here, and attest. Only you may do that.`,
    ],
  }),
  information_missing: (contents) => ({
    subject:
      contents.length > 1
        ? 'Payers ask for something more'
        : `${contents[0]!.payerName ?? 'The payer'} asks for something more`,
    blocks: [
      `${contents.length > 1 ? 'These payers have' : 'A payer has'} asked for something more before going on with your application:`,
      dropRepeats(contents.map(namePayer)),
      'We are going through the request and will tell you what we need from you. You don’t have to do anything yet.',
    ],
  }),
  upkeep_due: (contents, _reader, caqh) => {
    const lapsed = contents.filter(({ data }) => (data.rung as number) > 0);
    const [first] = contents;
    const subject = `Your ${nameUpkeepItem(first!, caqh)}${lapsed.length > 0 ? ' has lapsed' : ''}`;
    return {
      subject:
        contents.length > 1
          ? 'What you have to renew'
          : lapsed.length > 0
            ? subject
            : `${subject} holds through ${writeDueOn(first!)}`,
      blocks: [
        contents.map((content) => `${nameUpkeepItem(content, caqh)}: good through ${writeDueOn(content)}`),
        ...(contents.some(({ data }) => data.item === 'attestation')
          ? [`Please log in to ${caqh}, check that your profile is right, and attest. Only you may do that.`]
          : []),
        ...(contents.some(({ data }) => data.item !== 'attestation')
          ? ['Please renew what is ending and send us proof of the new date.']
          : []),
      ],
    };
  },
  upkeep_lapsed: (contents, _reader, caqh) => ({
    subject: contents.length > 1 ? 'Lapsed under open applications' : `Lapsed: ${nameUpkeepItem(contents[0]!, caqh)}`,
    blocks: [
      'Open applications depend on what has lapsed:',
      contents.map(
        (content) =>
          `${content.providerName ?? 'A provider'}, ${nameUpkeepItem(content, caqh)}: good through ${writeDueOn(content)}, ` +
          `${(content.data.applicationIds as string[]).length} open`,
      ),
      'Have it renewed, and ask each payer whether it closed the file meanwhile.',
    ],
  }),
  lapse_predicted: (contents, _reader, caqh) => ({
    subject:
      contents.length > 1
        ? 'Lapses before the decision'
        : `Lapses before the decision: ${nameUpkeepItem(contents[0]!, caqh)}`,
    blocks: [
      'Have these renewed before the payer decides:',
      contents.map(
        (content) =>
          `${nameSubject(content)}: ${nameUpkeepItem(content, caqh)} good through ${writeDueOn(content)}${writeFreshness(content)}, ` +
          `decision expected on ${readText(content.data.expectedDecisionOn)}`,
      ),
    ],
  }),
  escalation: (contents, reader) =>
    reader === 'client'
      ? {
          subject: contents.length > 1 ? 'Where we are late' : 'One thing we are late with',
          blocks: [
            'We are late with the following:',
            dropRepeats(contents.map((content) => `${nameSubject(content)}: we have yet to ${describeTask(content)}`)),
            'The lead of our team knows. Please reply to this mail if you have questions.',
          ],
        }
      : {
          subject: contents.length > 1 ? `${contents.length} things are late` : `Late: ${describeTask(contents[0]!)}`,
          blocks: [
            'This is due, and no contact has been logged yet:',
            dropRepeats(
              contents.map((content) => `${nameSubject(content)}: ${describeTask(content)}${writeDueSince(content)}`),
            ),
            'An item leaves this list once a contact is logged.',
          ],
        },
  recredentialing_due: (contents, reader, caqh) => ({
    subject: contents.length > 1 ? 'Recredentialing ahead' : `Recredentialing by ${writeDueOn(contents[0]!)}`,
    blocks: [
      'These payers are due to recredential:',
      dropRepeats(contents.map((content) => `${nameSubject(content)}: by ${writeDueOn(content)}`)),
      reader === 'provider'
        ? `Please keep your ${caqh} profile attested and pass on any letter from a payer: one that gets no answer ends the participation.`
        : 'An application is open for each. A payer that gets no answer ends the participation.',
    ],
  }),
  recredentialing_missed: (contents) => ({
    subject:
      contents.length > 1 ? 'Recredentialing was missed' : `Recredentialing was missed: ${namePayer(contents[0]!)}`,
    blocks: [
      'No decision is on record for:',
      dropRepeats(contents.map((content) => `${nameSubject(content)}: due by ${writeDueOn(content)}`)),
      'For 30 days a payer may still renew; afterwards it is an initial application again. We are asking each payer for the status.',
    ],
  }),
  playbook_suspect: (contents) => ({
    subject:
      contents.length > 1
        ? 'Payers return application after application'
        : `${contents[0]!.payerName ?? 'A payer'} returns application after application`,
    blocks: [
      'These payers have returned too many applications unprocessed:',
      dropRepeats(
        contents.map(
          ({ payerName, data }) =>
            `${payerName ?? 'A payer'}: ${Number(data.returned)} within ${Number(data.days)} days`,
        ),
      ),
      'Before anything else is sent to them, please check how their applications are filed, and correct the playbook or close the task.',
    ],
  }),
  certificate_ended: (contents) => ({
    subject: contents.length > 1 ? 'Certificates that no longer hold' : 'A certificate no longer holds',
    blocks: [
      `${contents.length > 1 ? 'These certificates' : 'This certificate'} of billing readiness should not be relied on any more:`,
      contents.map(
        ({ providerName, data }) =>
          `${providerName ?? 'A provider'}, services on ${readText(data.dateOfService)}: ` +
          `${data.because === 'revoked' ? 'it was revoked' : 'the record has changed'} (certificate ${readText(data.certificateId)})`,
      ),
      'Please ask us for the answer as it is now before anything is billed.',
    ],
  }),
  payer_follow_up: (contents) => {
    const [first] = contents;
    const reference = contents.length === 1 && first!.forPayer?.referenceNumber;
    return {
      subject: `Credentialing status request${reference ? `, reference ${reference}` : ''}`,
      blocks: [
        `May we ask how the following ${contents.length > 1 ? 'applications stand' : 'application stands'}, and whether anything is missing?`,
        ...contents.map(({ forPayer, providerName, state }) =>
          Object.entries({
            Provider: providerName,
            Practice: forPayer?.practiceName,
            NPI: forPayer?.npi,
            TIN: forPayer?.tin,
            State: state,
            'Your reference': forPayer?.referenceNumber,
          }).flatMap(([name, value]) => (value ? [`${name}: ${value}`] : [])),
        ),
        'Please reply with the status, the date of the next step, and your name. Thank you.',
      ],
    };
  },
};

export const TEMPLATE_NAMES = Object.keys(TEMPLATES);

/** The names that a mail goes by: its reader's, the operator's, and that by which people know CAQH. */
export interface Names {
  recipientName: string | null;
  operatorName: string | null;
  caqhName: string;
}

/** Writes the beginning of a mail: a payer and a platform are many people. */
function writeGreeting(reader: Reader, name: string | null): string {
  if (name === null) return 'Hello,';
  return reader === 'payer' || reader === 'platform' ? `Dear team at ${name},` : `Dear ${name},`;
}

/** Renders one message, or several as one digest, as plain text and HTML. */
export function renderMail(
  reader: Reader,
  contents: readonly Content[],
  { recipientName, operatorName, caqhName }: Names,
): { subject: string; text: string; html: string } {
  const names = dropRepeats(contents.map(({ template }) => template));
  const sections = names.map((name) => {
    const template = TEMPLATES[name];
    if (!template) throw new Error(`no template ${name}`);
    return template(
      contents.filter((content) => content.template === name),
      reader,
      caqhName,
    );
  });
  const subject = sections.length === 1 ? sections[0]!.subject : `${contents.length} things about your applications`;
  // a provider's mail is for one client as a whole
  const clientName = (reader === 'provider' && contents[0]?.clientName) || null;
  return {
    subject,
    ...writePage(
      writeGreeting(reader, recipientName),
      sections.map(({ subject: title, blocks }) => ({ title, blocks })),
      { operatorName, clientName },
    ),
  };
}
