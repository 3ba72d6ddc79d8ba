/** What a template may say: codes and dates of the message, names as they are when it is sent. */
export interface Content {
  template: string;
  data: Record<string, unknown>;
  /** Nothing of the provider but this, except to a payer. */
  providerName: string | null;
  payerName: string | null;
  state: string | null;
  recipientType?: string;
  /** What a message about a platform is about, with the names of its payers by id. */
  platform?: string | null;
  payerNames?: Record<string, string> | null;
  /** To a payer only. */
  forPayer?: { npi: string | null; practiceName: string; referenceNumber: string | null };
}

export interface Rendered {
  subject: string;
  paragraphs: string[];
}

const words = (code: unknown): string => (typeof code === 'string' ? code.replaceAll('_', ' ') : '');
const about = ({ providerName, payerName, state }: Content): string =>
  [providerName, payerName && (state ? `${payerName} (${state})` : payerName)].filter(Boolean).join(', ');

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

/** Each question once, with the payers and states for which it is open where that is not all of them. */
function questionLines({ data, payerNames }: Content, own: string): string[] {
  const open = data.questions as OpenQuestion[];
  const where = ({ payerId, state }: OpenQuestion) => `${payerNames?.[payerId] ?? ''}${state ? ` (${state})` : ''}`;
  const everywhere = new Set(open.map(where)).size;
  const codes = [...new Set(open.map(({ question }) => question))];
  return codes.map((code, i) => {
    const places = open.filter(({ question }) => question === code).map(where);
    const asked = QUESTIONS[code]?.(own) ?? words(code);
    return `${i + 1}. ${asked}${places.length < everywhere || everywhere === 1 ? ` – ${places.join(', ')}` : ''}`;
  });
}

/** Why what was answered before is asked once more. */
const ASKED_ANEW: Record<string, string> = {
  old: 'Some of this was answered more than a year ago: please say whether it still holds.',
  terms_changed: 'The terms have changed since some of this was answered: please say what holds now.',
};

const TEMPLATES: Record<string, (content: Content) => Rendered> = {
  platform_inquiry: (content) => {
    const { data, platform, providerName, recipientType } = content;
    const through = platform ?? 'the platform';
    const theirs = recipientType === 'provider' ? 'your' : `${providerName ?? 'the provider'}’s`;
    const own = recipientType === 'provider' ? 'your' : 'the provider’s';
    const again = new Set((data.questions as OpenQuestion[]).map(({ because }) => because));
    return {
      subject: `${Number(data.asked) > 1 ? 'Reminder: ' : ''}Questions about ${theirs} participation through ${through}`,
      paragraphs: [
        `To know which contracts with payers are ${own} own and which are the platform’s, these questions are still open:`,
        ...questionLines(content, own),
        ...Object.keys(ASKED_ANEW).flatMap((because) => (again.has(because) ? ASKED_ANEW[because]! : [])),
        'Yes, no or unclear is enough, with who says so and since when; a copy of the clause or letter helps. ' +
          'What is not known can stay open.',
      ],
    };
  },
  attestation_due: (content) => ({
    subject: 'Please attest in CAQH',
    paragraphs: [
      `The application to ${content.payerName ?? 'the payer'} waits for your attestation in CAQH.`,
      'Please log in, check the profile, authorise this payer, and attest. Nobody else may do that for you.',
    ],
  }),
  information_missing: (content) => ({
    subject: `${content.payerName ?? 'The payer'} asks for something more`,
    paragraphs: [
      `${content.payerName ?? 'The payer'} has asked for more before it goes on. We will tell you what we need from you.`,
    ],
  }),
  escalation: (content) => ({
    subject: `Late: ${words(content.data.purpose)}`,
    paragraphs: [`${about(content)}: ${words(content.data.purpose)} has been due for a while and nobody was at it.`],
  }),
  payer_follow_up: ({ forPayer, state }) => ({
    subject: `Status of an application${forPayer?.referenceNumber ? `, reference ${forPayer.referenceNumber}` : ''}`,
    paragraphs: [
      `May we ask how the following application stands, and whether anything is missing?`,
      `Practice: ${forPayer?.practiceName ?? ''}`,
      `NPI: ${forPayer?.npi ?? ''}`,
      `State: ${state ?? ''}`,
      ...(forPayer?.referenceNumber ? [`Your reference: ${forPayer.referenceNumber}`] : []),
    ],
  }),
};

export const TEMPLATE_NAMES = Object.keys(TEMPLATES);

/** One message, or several as one digest, as plain text and HTML. */
export function render(contents: readonly Content[]): { subject: string; text: string; html: string } {
  const parts = contents.map((content) => {
    const template = TEMPLATES[content.template];
    if (!template) throw new Error(`no template ${content.template}`);
    return template(content);
  });
  const [first] = parts;
  const subject = parts.length === 1 ? first!.subject : `${parts.length} things about your applications`;
  const text = parts
    .map((part) => [...(parts.length > 1 ? [part.subject] : []), ...part.paragraphs].join('\n\n'))
    .join('\n\n---\n\n');
  const html = parts
    .map(
      (part) =>
        (parts.length > 1 ? `<h2>${escape(part.subject)}</h2>` : '') +
        part.paragraphs.map((paragraph) => `<p>${escape(paragraph)}</p>`).join(''),
    )
    .join('<hr>');
  return { subject, text: `${text}\n`, html: `<!doctype html><meta charset="utf-8">${html}` };
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
