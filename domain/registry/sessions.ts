/** The time that a session lasts, at most and unused, and for which an invitation and an attempt are good. */
export const SIGN_IN_LIMITS = { sessionHours: 8, idleMinutes: 60, invitationDays: 7, attemptMinutes: 10 } as const;

const LONGEST_RETURN = 2_000;

/** Whether a page to return to after a sign-in is one of ours, so that no link of ours leads elsewhere. */
export function isLocalPath(path: string): boolean {
  // browsers read a backslash as a slash, and leave out tabs and line breaks
  if (path.length > LONGEST_RETURN || !/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(path)) return false;
  const origin = 'https://ours.invalid';
  return URL.canParse(path, origin) && new URL(path, origin).origin === origin;
}

/** The word of an identity provider on the email address of an account. */
export interface EmailClaim {
  email: string | null;
  isVerified: boolean;
}

/**
 * Whether an account is another person's than the one who was invited: the provider has verified another address.
 * An address says nothing else here: it links no account, verified or not.
 */
export const isOtherEmail = ({ email, isVerified }: EmailClaim, invited: string): boolean =>
  isVerified && email !== null && email.toLowerCase() !== invited.toLowerCase();

/** The word of a browser on the page that a request comes from. */
export interface RequestSource {
  /** The header Sec-Fetch-Site. */
  site: string | undefined;
  origin: string | undefined;
}

/** Whether a request comes from a page of ours: something says so, and nothing says otherwise. */
export const isSameOrigin = ({ site, origin }: RequestSource, ours: string): boolean =>
  (site !== undefined || origin !== undefined) &&
  (site === undefined || site === 'same-origin') &&
  (origin === undefined || origin === ours);
