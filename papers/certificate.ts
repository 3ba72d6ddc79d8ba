import type { Certificate } from '../domain/billing/certificates';
import type { Letterhead } from '../domain/kernel/letterhead';
import { drawPdf } from './pdf-layout';
import { joinLines, spellCode } from './words';

/** Writes the value of a fact, in whichever of its forms it is. */
const writeValue = (value: Certificate['facts'][number]['value']): string =>
  typeof value === 'string'
    ? value
    : Object.entries(value)
        .map(([name, part]) => `${name}: ${typeof part === 'object' ? JSON.stringify(part) : String(part)}`)
        .join('\n');

/** Draws a certificate as a paper, with the file that is verified attached. */
export function drawCertificate(
  certificate: Certificate,
  signature: { algorithm: string; keyId: string; value: string },
  letterhead: Letterhead,
): Promise<Buffer> {
  const { id, asOf, issuer, holder, question, answer, facts, licenceTerms, documents, notice, checkAt } = certificate;
  const { provider, practice, payer, location, state, dateOfService, lineOfBusiness } = question;
  return drawPdf(
    {
      title: `Billing readiness on ${dateOfService}: ${answer.mayBill ? 'yes, as in network' : 'no'}`,
      about: [
        `Certificate ${id}, issued to ${holder}${issuer ? ` by ${issuer}` : ''}, as of ${asOf}.`,
        `${provider.name}, NPI ${provider.npi}, for ${practice.legalName}` +
          `${practice.npi ? `, NPI ${practice.npi}` : ''}, ${practice.tin.type.toUpperCase()} ending in ${practice.tin.last4}.`,
        `${payer.name}, ${state}${lineOfBusiness ? `, ${spellCode(lineOfBusiness)}` : ''}${location?.name ? `, ${location.name}` : ''}.`,
        ...(answer.reasons.length > 0 ? [`Reasons: ${answer.reasons.map(spellCode).join(', ')}.`] : []),
        ...(answer.cautions.length > 0 ? [`Cautions: ${answer.cautions.map(spellCode).join(', ')}.`] : []),
        ...licenceTerms.map(
          ({ startsOn, expiresOn }) =>
            `Licence in ${state}: ${startsOn ? `from ${startsOn} ` : ''}through ${expiresOn}.`,
        ),
      ],
      tables: [
        {
          heading: 'Facts',
          columns: [
            { title: 'Fact', share: 16 },
            { title: 'Value', share: 26 },
            { title: 'Status', share: 10 },
            { title: 'Source', share: 26 },
            { title: 'Documents', share: 22 },
          ],
          rows: facts.map(({ fact, value, status, source, reference, confirmedOn, documents: ids }) => [
            fact,
            writeValue(value),
            status,
            joinLines(spellCode(source), reference, confirmedOn),
            ids.map((one) => documents.find((document) => document.id === one)?.name ?? one).join('\n'),
          ]),
        },
        {
          heading: 'Documents',
          columns: [
            { title: 'Name', share: 30 },
            { title: 'Kind', share: 15 },
            { title: 'SHA-256', share: 55 },
          ],
          rows: documents.map(({ name, kind, sha256 }) => [name, spellCode(kind), sha256]),
        },
      ].filter(({ rows }) => rows.length > 0),
      notes: [
        notice,
        `Signed with ${signature.algorithm} by the key ${signature.keyId}: ${signature.value}. What is signed is certificate.json, ` +
          'attached to this PDF; the page /verify of the issuer verifies it, also saved and without a network. The paper itself ' +
          'proves nothing.',
        `Whether it still holds: ${checkAt} at the issuer’s address.`,
      ],
      foot: `Certificate ${id}, key ${signature.keyId}`,
      attachment: { name: 'certificate.json', content: JSON.stringify({ certificate, signature }, null, 2) },
    },
    letterhead,
  );
}
