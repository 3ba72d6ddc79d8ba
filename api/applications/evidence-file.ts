import { findApplication } from '../../record/applications/applications';
import { readLetterhead } from '../../record/kernel/settings';
import { findFrozenEvidenceFile, writeEvidenceFile } from '../../record/applications/evidence-file';
import { beginAtOneMoment } from '../../runtime/database';
import { PAPER_COST } from '../kernel/costs';
import type { Deps } from '../kernel/deps';
import { Problem } from '../kernel/errors';
import { route, type Route } from '../kernel/route';
import { evidence, evidenceQuery } from './evidence-file-schemas';

export const evidenceFileRoutes = ({ sql, press }: Deps): Route[] => [
  route({
    method: 'get',
    path: '/v1/applications/{id}/evidence',
    summary: 'Export the evidence of an application',
    description:
      'The evidence has what was sent and when, every contact, the contract, every confirmation with its source and documents, what was ' +
      'struck out and why; never the operator’s own notes, and of a tax id the last four digits. The JSON file is the ' +
      'same byte for byte as long as nothing is recorded; its SHA-256 is printed on the PDF. `sha256` asks for a file ' +
      'that was frozen when the application was handed over.',
    tag: 'applications',
    access: 'applications:read',
    subject: ({ principal, params }) => findApplication(sql, principal, params.id),
    query: evidenceQuery,
    cost: ({ query: { format } }) => (format === 'pdf' ? PAPER_COST : 0),
    responses: { 200: { description: 'The file', schema: evidence, also: ['application/pdf'] } },
    handler: async ({ subject: { id }, query: { format = 'json', sha256 } }) => {
      const written = sha256
        ? await findFrozenEvidenceFile(sql, id, sha256.toLowerCase())
        : await beginAtOneMoment(sql, (tx) => writeEvidenceFile(tx, id));
      if (!written) throw new Problem('not_found');
      const { file, json } = written;
      const body =
        format === 'json'
          ? Buffer.from(json)
          : await press.make('evidenceFile', file, written.sha256, await readLetterhead(sql));
      return { status: 200, body, type: format, filename: `evidence-${id}-${file.application.version}.${format}` };
    },
  }),
];
