import { writePage } from './page';

/** Writes the mail that brings a user the link by which they sign in for the first time. */
export function writeInvitation({
  recipientName,
  operatorName,
  url,
  days,
}: {
  recipientName: string;
  operatorName: string | null;
  url: string;
  /** How many days the link is good for. */
  days: number;
}): { subject: string; text: string; html: string } {
  const subject = 'Your access to Countersign';
  const blocks = [
    'You have been given access to Countersign. Open this link and sign in with your work account:',
    url,
    `The link is for you alone. It works once, within ${days} days. If you did not expect it, do nothing.`,
  ];
  return {
    subject,
    ...writePage(`Dear ${recipientName},`, [{ title: subject, blocks }], { operatorName, clientName: null }),
  };
}
