import { isSsn } from './identifiers';

/** How far, in characters, a number may stand from the word that says what it is. */
const BESIDE = 40;
const FORMATTED = /(?<![\d-])\d{3}([ -])\d{2}\1\d{4}(?![\d-])/g;
const PLAIN = /(?<!\d)\d{9}(?!\d)/g;
// "social" alone is a social worker's as often
const LABEL = /\bssns?\b|\bsocial (security|no|number)\b|\bsocial ?[:#]|\b(his|her|their|the|my|your) social\b(?! \w)/i;

/** Whether a text has an SSN in it that a word beside it calls so. */
export const hasLabelledSsn = (text: string): boolean =>
  [FORMATTED, PLAIN].some((form) =>
    [...text.matchAll(form)].some(
      ({ 0: number, index }) =>
        isSsn(number.replaceAll(' ', '-')) &&
        LABEL.test(text.slice(Math.max(0, index - BESIDE), index + number.length + BESIDE)),
    ),
  );

/**
 * Whether a text has an SSN in it: by its form, NNN-NN-NNNN in ranges that are issued, or by a word beside nine digits. Nine
 * digits alone are a telephone's or a reference as often.
 */
export const hasSsn = (text: string): boolean =>
  [...text.matchAll(FORMATTED)].some(({ 0: number }) => isSsn(number.replaceAll(' ', '-'))) || hasLabelledSsn(text);
