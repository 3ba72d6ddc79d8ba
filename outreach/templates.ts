/** What a template may say: codes and dates of the message, names as they are when it is sent. */
export interface Content {
  template: string;
  data: Record<string, unknown>;
  /** Nothing of the provider but this, except to a payer. */
  providerName: string | null;
  payerName: string | null;
  state: string | null;
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

const QUESTIONS: Record<string, string> = {
  direct_contract: 'Is there a contract with the payer under the provider’s own NPI, TIN and practice?',
  bill_outside: 'May the same payer be billed outside the platform, under the provider’s own details?',
  portable_on_exit: 'What remains on leaving: payer relationships, provider IDs, rates, claims routes, workflows?',
  claims_under_own_setup: 'Are claims submitted under the provider’s own practice setup?',
  control_terms: 'Who controls contract, fee schedule, effective date and billing route?',
  free_of_restrictions: 'Are there restrictions on client transition, notice, payer use or outside billing?',
};

const TEMPLATES: Record<string, (content: Content) => Rendered> = {
  platform_inquiry: ({ data }) => {
    const codes = (data.questions as { question: string }[]).map(({ question }) => question);
    return {
      subject: 'Questions about your participation through the platform',
      paragraphs: [
        'To know which contracts are your own, these questions are still open:',
        ...[...new Set(codes)].map((code) => `• ${QUESTIONS[code] ?? words(code)}`),
        'An answer with its date and where it came from is enough.',
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
