import { z } from 'zod';
import { FACTS } from '../../domain/kernel/codes';
import { AUDIT_LEAST_YEARS } from '../../domain/offboarding/retention';
import { line, allowWords, describeText, requireUnique } from '../kernel/schemas';

const describeYearsKept = (what: string, least = 1) =>
  z
    .int()
    .min(least)
    .max(100)
    .meta({ description: `${what}: how many years they are kept` });

export const settings = z
  .strictObject({
    phoneFactsNeedApproval: z.boolean().meta({
      description:
        'A fact that is confirmed by phone from now on is on file only after a second person has approved it. All that is on record ' +
        'stays as it is, whichever way this is switched',
    }),
    authorisationRequired: z.boolean().meta({
      description:
        'No application is submitted for a provider, and no payer is contacted, without a signed authorisation on record; ' +
        'off, an authorisation is needed only once one has been recorded',
    }),
    operatorName: line.nullable().meta({
      description: 'The operator, as mail and papers name it; null: mail names “the credentialing team”, papers nobody',
    }),
    documentRequired: allowWords(FACTS).meta({
      description:
        'These facts count for billing only with a document in `evidence` whose file is stored, also those on record already: ' +
        'billing readiness says no, and the queue asks for the document',
    }),
    secretsPurgeDays: z
      .int()
      .min(1)
      .max(3650)
      .meta({ description: 'Days after the last day until the secrets of a client or provider that left are purged' }),
    evidenceKeepYears: describeYearsKept('Frozen evidence files of a client that left'),
    readinessKeepYears: describeYearsKept('Answers of billing readiness for a client that left'),
    auditKeepYears: describeYearsKept(
      'Audit entries of a client that left, and each for at least six years from when it was written',
      AUDIT_LEAST_YEARS,
    ),
    documentKeepYears: describeYearsKept('Files of documents of a client or provider that left'),
    documentKindKeepYears: requireUnique(
      z.array(z.strictObject({ kind: line, years: z.int().min(1).max(100) })).max(100),
      ({ kind }) => kind.toLowerCase(),
    ).meta({ description: 'The same by the kind of the document, where it is another time' }),
  })
  .meta({ id: 'Settings' });

export const settingsChange = settings.partial().meta({ id: 'SettingsChange' });

/** The largest logo, in bytes. */
const LARGEST_LOGO = 200_000;

const base64 = describeText(
  [
    {
      rule: 'max_length',
      message: `must have at most ${LARGEST_LOGO} bytes`,
      holds: (value) => value.length <= Math.ceil(LARGEST_LOGO / 3) * 4,
    },
    {
      rule: 'base64',
      message: 'must be base64, and not empty',
      holds: (value) => value !== '' && z.regexes.base64.test(value),
    },
  ],
  { description: `A JPEG of at most ${LARGEST_LOGO} bytes, in base64` },
);

export const logo = z.strictObject({ jpeg: base64 }).meta({ id: 'Logo' });
