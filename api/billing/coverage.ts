import { readClock } from '../../runtime/clock';
import { toLocalDate } from '../../domain/time/calendar';
import { readLetterhead } from '../../record/kernel/settings';
import { readCoverage } from '../../record/billing/coverage';
import { findClient } from '../../record/registry/clients';
import { PAPER_COST } from '../kernel/costs';
import type { Deps } from '../kernel/deps';
import { answerOk, route, type Route } from '../kernel/route';
import { coverage, coverageQuery } from './coverage-schemas';
import { checkFilter } from '../kernel/filters';

export const coverageRoutes = ({ sql, press }: Deps): Route[] => [
  route({
    method: 'get',
    path: '/v1/clients/{id}/coverage',
    summary: "List a client's providers by payer: through whom, at which stage, billable from when",
    description:
      'Billing readiness today for every payer that a provider applies to or reaches through a platform. `format` gives ' +
      'it as CSV, or as a PDF to send.',
    tag: 'billing readiness',
    access: 'readiness:read',
    subject: ({ principal, params }) => findClient(sql, principal, params.id),
    query: coverageQuery,
    cost: ({ query: { format } }) => (format === 'csv' || format === 'pdf' ? PAPER_COST : 0),
    responses: {
      200: { description: 'All rows, in the order of names', schema: coverage, also: ['text/csv', 'application/pdf'] },
    },
    handler: async ({ principal, subject, query: { format = 'json', ...filter } }) => {
      await checkFilter(sql, principal, filter);
      const today = toLocalDate(readClock(), subject.timeZone);
      const items = await readCoverage(sql, principal, subject.id, today, filter);
      if (format === 'json') return answerOk({ items });
      const body =
        format === 'csv'
          ? await press.make('coverageCsv', items)
          : await press.make('coverage', subject, items, today, await readLetterhead(sql));
      return { status: 200, body, type: format, filename: `coverage-${today}.${format}` };
    },
  }),
];
