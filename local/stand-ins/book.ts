import { addDays } from '../../domain/time/dates';
import type { Environment } from '../../runtime/config';
import { createSampleBook } from '../sample-book';
import { StandInCaqh, type StandInProvider } from './caqh';
import { StandInLeie } from './leie';
import { StandInNppes } from './nppes';

const compactDate = (date: string) => date.replaceAll('-', '');

/** Describes CAQH's answers about the people of the sample book: two who are well, and two with work to do. */
const describeAnswers = (today: string): Record<string, Partial<StandInProvider>> => ({
  Feldman: { providerStatus: 'Re-Attestation', statusDate: compactDate(addDays(today, -30)) },
  Okafor: { providerStatus: 'Initial Profile Complete', statusDate: compactDate(addDays(today, -10)) },
  Tanaka: { providerStatus: 'Re-Attestation', statusDate: compactDate(addDays(today, -80)), authorizationFlag: 'N' },
  Romero: { providerStatus: 'First Provider Contact', rosterStatus: 'NOT ON ROSTER', authorizationFlag: 'N' },
});

/** Starts a CAQH, an NPPES and an OIG that know the sample book; returns the settings with which they are asked. */
export async function startStandIns(today: string): Promise<Environment> {
  const people = createSampleBook(today).clients.flatMap(({ providers }) => providers);
  const [caqh, nppes, leie] = [new StandInCaqh(), new StandInNppes(), new StandInLeie()];
  for (const { firstName, lastName, npi, caqhId, taxonomyCode } of people) {
    caqh.providers.push({ caqhId, npi, ...describeAnswers(today)[lastName] });
    // she married, and not everybody knows
    const listed = lastName === 'Tanaka' ? 'TANAKA-REED' : lastName.toUpperCase();
    nppes.records.push({ number: npi, firstName: firstName.toUpperCase(), lastName: listed, taxonomyCode });
  }
  // has the same name as a person of the book, and may be another
  const namesake = { lastName: 'ROMERO', firstName: 'ALICIA', state: 'OR' };
  leie.entries = [namesake, ...Array.from({ length: 50 }, (_, i) => ({ lastName: `NOBODY${i}`, firstName: 'ROBIN' }))];
  for (const one of [caqh, nppes, leie]) await one.listen();
  const { username, password, organizationId } = caqh.account;
  return {
    CAQH_MODE: 'api',
    CAQH_URL: caqh.url,
    CAQH_USERNAME: username,
    CAQH_PASSWORD: password,
    CAQH_ORGANIZATION_ID: organizationId,
    NPPES_URL: `${nppes.url}/api/`,
    LEIE_URL: `${leie.url}/exclusions/downloadables/UPDATED.csv`,
  };
}
