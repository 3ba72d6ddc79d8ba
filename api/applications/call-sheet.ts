import { z } from 'zod';
import { KINDS, LINES_OF_BUSINESS, OUTCOMES, PURPOSES, STAGES } from '../../domain/kernel/codes';
import { TO_DO } from '../../domain/work-queue/to-do';
import { readCallSheet, type CallSheet } from '../../record/applications/call-sheet';
import { readLetterhead } from '../../record/kernel/settings';
import { findPayer } from '../../record/registry/payers';
import { PAPER_COST } from '../kernel/costs';
import type { Deps } from '../kernel/deps';
import { checkFilter } from '../kernel/filters';
import { answerOk, route, type Route } from '../kernel/route';
import { date, id, instant, limit, line } from '../kernel/schemas';
import { callingHours } from '../registry/playbook-schemas';
import { readClock } from '../../runtime/clock';

const text = z.string();
const entry = z.strictObject({
  applicationId: id,
  clientId: id,
  clientName: text,
  providerName: text.nullable(),
  providerNpi: text.nullable(),
  practiceName: text,
  practiceNpi: text.nullable(),
  tinLast4: text,
  state: text,
  lineOfBusiness: z.enum(LINES_OF_BUSINESS),
  kind: z.enum(KINDS),
  stage: z.enum(STAGES),
  attempt: z.int(),
  submittedOn: date.nullable(),
  referenceNumber: text.nullable(),
  outstandingItems: z
    .array(text)
    .meta({ description: 'The items that the payer asked for and has not got, in its words' }),
  lastContact: z
    .strictObject({ on: date, outcome: z.enum(OUTCOMES), rep: text.nullable(), referenceNumber: text.nullable() })
    .nullable()
    .meta({ description: 'The latest contact in which a person was reached' }),
  items: z.array(
    z.strictObject({
      purpose: z.enum(PURPOSES),
      do: text.meta({ description: 'The purpose in words' }),
      dueAt: instant,
      overdue: z.boolean(),
      ask: z.array(text),
    }),
  ),
});
export const callSheet = z
  .strictObject({
    payerId: id,
    name: text,
    count: z.int().meta({ description: 'The number of all due items; the sheet holds the first `limit` of them' }),
    ...z.object(callingHours).partial().shape,
    applications: z.array(entry),
  })
  .meta({
    id: 'CallSheet',
    description: 'Everything that the payer’s representative will ask; a tax id by its last four digits',
  });

const query = z.strictObject({
  clientId: id.optional(),
  assignee: id.optional().meta({ description: 'Includes items for which this user is the substitute' }),
  team: line.optional(),
  limit,
  format: z.enum(['json', 'pdf']).optional().meta({ description: 'The default is json' }),
});

export const showCallSheet = (sheet: CallSheet) => ({
  ...sheet,
  applications: sheet.applications.map((one) => ({
    ...one,
    items: one.items.map((item) => ({ ...item, do: TO_DO[item.purpose] })),
  })),
});

export const callSheetRoutes = ({ sql, press }: Deps): Route[] => [
  route({
    method: 'get',
    path: '/v1/payers/{id}/call-sheet',
    summary: 'Read what a call to a payer needs, or print it',
    description:
      'The payer’s part of the work queue as a sheet to call from: how to reach the payer, what it asks of a caller, and ' +
      'for each application names, NPIs, reference, dates, what is outstanding and what is to be done.',
    tag: 'work queue',
    access: 'operations:read',
    namesUser: { assignee: 'filter' },
    subject: ({ params }) => findPayer(sql, params.id),
    query,
    cost: ({ query: { format } }) => (format === 'pdf' ? PAPER_COST : 0),
    responses: { 200: { description: 'The sheet', schema: callSheet, also: ['application/pdf'] } },
    handler: async ({ principal, subject, query: { format = 'json', limit: most, ...filter } }) => {
      await checkFilter(sql, principal, filter);
      const found = await readCallSheet(sql, principal, { ...filter, payerId: subject.id }, most);
      const sheet = found ?? { payerId: subject.id, name: subject.name, count: 0, applications: [] };
      if (format === 'json') return answerOk(showCallSheet(sheet));
      const body = await press.make('callSheet', sheet, readClock(), await readLetterhead(sql));
      return { status: 200, body, type: format, filename: `call-sheet-${subject.id}.pdf` };
    },
  }),
];
