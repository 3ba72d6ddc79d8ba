import type { Letterhead } from '../domain/kernel/letterhead';
import { TO_DO } from '../domain/work-queue/to-do';
import type { Purpose } from '../domain/kernel/codes';
import type { Instant } from '../domain/time/instants';
import { drawPdf, type Column } from './pdf-layout';
import { joinLines, spellCode } from './words';

/** The parts of a call sheet that are printed. */
export interface PrintedCall {
  name: string;
  contacts?: readonly { purpose: string; state?: string; phone?: string; ivrPath?: string }[] | undefined;
  callHours?: { timeZone: string; from: string; to: string } | undefined;
  callerVerification?: readonly string[] | undefined;
  maxPerCall?: number | undefined;
  questions?: readonly string[] | undefined;
  applications: readonly {
    providerName: string | null;
    providerNpi: string | null;
    practiceName: string;
    practiceNpi: string | null;
    tinLast4: string;
    state: string;
    lineOfBusiness: string;
    kind: string;
    submittedOn: string | null;
    referenceNumber: string | null;
    outstandingItems: readonly string[];
    lastContact: { on: string; outcome: string; rep: string | null; referenceNumber: string | null } | null;
    items: readonly { purpose: Purpose }[];
  }[];
}

const COLUMNS: Column[] = [
  { title: 'Provider, NPI', share: 0.17 },
  { title: 'Practice, NPI, TIN', share: 0.2 },
  { title: 'What it is', share: 0.14 },
  { title: 'Submitted, reference', share: 0.13 },
  { title: 'Please', share: 0.18 },
  { title: 'Last contact', share: 0.18 },
];

/** Draws a payer's call sheet as a page to have at hand: whom to call, what to have ready, and each application. */
export const drawCallSheet = (sheet: PrintedCall, now: Instant, letterhead: Letterhead): Promise<Buffer> =>
  drawPdf(
    {
      title: `Call sheet: ${sheet.name}`,
      about: [
        `As of ${now.slice(0, 16).replace('T', ' ')} UTC.`,
        ...(sheet.contacts ?? []).flatMap(({ purpose, state, phone, ivrPath }) =>
          phone
            ? [`${spellCode(purpose)}${state ? ` (${state})` : ''}: ${phone}${ivrPath ? `, then ${ivrPath}` : ''}`]
            : [],
        ),
        ...(sheet.callHours
          ? [`Answers from ${sheet.callHours.from} to ${sheet.callHours.to}, ${sheet.callHours.timeZone}.`]
          : []),
        ...(sheet.callerVerification?.length
          ? [`Have ready to prove who calls: ${sheet.callerVerification.join(', ')}.`]
          : []),
        ...(sheet.maxPerCall ? [`At most ${sheet.maxPerCall} applications in one call.`] : []),
        ...(sheet.questions ?? []).map((question) => `Ask: ${question}`),
      ],
      tables: [
        {
          columns: COLUMNS,
          rows: sheet.applications.map((one) => [
            joinLines(one.providerName ?? 'The group itself', one.providerNpi),
            joinLines(one.practiceName, one.practiceNpi, `TIN ending in ${one.tinLast4}`),
            joinLines(spellCode(one.kind), `${one.state}, ${spellCode(one.lineOfBusiness)}`),
            joinLines(one.submittedOn ?? 'not submitted', one.referenceNumber),
            joinLines(
              ...one.items.map(({ purpose }) => TO_DO[purpose]),
              one.outstandingItems.length > 0 && `Wanted: ${one.outstandingItems.join(', ')}`,
            ),
            one.lastContact
              ? joinLines(
                  `${one.lastContact.on}: ${spellCode(one.lastContact.outcome)}`,
                  one.lastContact.rep,
                  one.lastContact.referenceNumber,
                )
              : 'none',
          ]),
        },
      ],
      notes: ['Of a tax id only the last four digits are printed. Log the call once for all: POST /v1/contacts.'],
    },
    letterhead,
  );
