import { createHash } from 'node:crypto';
import { addDays } from '../domain/time/dates';

/** Completes nine digits to an NPI: the check digit is Luhn's over 80840 and the nine. */
export function inventNpi(nine: string): string {
  const digits = [...`80840${nine}`].reverse().map(Number);
  const sum = digits.reduce((total, digit, place) => total + (place % 2 ? digit : doubleLuhnDigit(digit)), 0);
  return `${nine}${(10 - (sum % 10)) % 10}`;
}

const doubleLuhnDigit = (digit: number) => (digit < 5 ? digit * 2 : digit * 2 - 9);

/** Invents a number of `length` digits that is unused here. */
export const inventDigits = (length: number) => String(Date.now()).slice(-length).padStart(length, '1');

/** Invents a clinician's documents, in date for longer than any demonstration. */
export const inventDocuments = (day: string, state: string, number: string) => ({
  licences: [{ state, number, expiresOn: addDays(day, 500) }],
  malpractice: { carrier: 'Lantern Mutual', policyNumber: `PL-${number}`, expiresOn: addDays(day, 300) },
});

/** Invents a paper of a few lines, as a PDF: the same lines make the same file. */
export function inventPdf(lines: readonly string[]): Buffer {
  const text = lines.map((line) => `(${line.replaceAll(/[^ -~]/g, '-').replaceAll(/[\\()]/g, '\\$&')}) '`).join('\n');
  const content = `BT /F 12 Tf 16 TL 72 720 Td\n${text}\nET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>',
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ].map((object, index) => `${index + 1} 0 obj\n${object}\nendobj\n`);
  const head = '%PDF-1.4\n';
  const places = objects.map((_, index) => head.length + objects.slice(0, index).join('').length);
  const body = head + objects.join('');
  const table = places.map((place) => `${String(place).padStart(10, '0')} 00000 n \n`).join('');
  const size = objects.length + 1;
  return Buffer.from(
    `${body}xref\n0 ${size}\n0000000000 65535 f \n${table}trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${body.length}\n%%EOF\n`,
    'latin1',
  );
}

/** Hashes a file with SHA-256, as a document is registered with it. */
export const hashFile = (file: Uint8Array): string => createHash('sha256').update(file).digest('hex');
