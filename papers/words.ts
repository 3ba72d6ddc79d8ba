/** Spells a code in words. */
export const spellCode = (code: string | null | undefined): string =>
  (code ?? '').replaceAll('_', ' ').replace(/\btin\b/, 'TIN');

/** Joins the lines that there are. */
export const joinLines = (...lines: (string | false | null | undefined)[]): string => lines.filter(Boolean).join('\n');
