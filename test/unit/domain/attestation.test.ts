import {
  computeAttestationDueOn,
  evaluateAttestation,
  listKnownLicences,
  type CycleLicence,
} from '../../../domain/registry/attestation';

const licence = (state: string, expiresOn = '2030-12-31') => ({ state, expiresOn });

describe('an attestation is due', () => {
  const due = (...licences: CycleLicence[]) => computeAttestationDueOn('2026-01-01', licences, '2026-02-01');

  test('after 120 days', () => {
    expect(due(licence('CA'))).toBe('2026-05-01');
    expect(due()).toBe('2026-05-01');
  });

  test('after 180 days where all current licences are in Illinois', () => {
    expect(due(licence('IL'))).toBe('2026-06-30');
    expect(due(licence('IL'), licence('IL', '2026-02-01'))).toBe('2026-06-30');
    expect(due(licence('IL'), licence('CA', '2026-01-31'))).toBe('2026-06-30');
  });

  test('after 120 days with one current licence elsewhere, or none current in Illinois', () => {
    expect(due(licence('IL'), licence('CA', '2026-02-01'))).toBe('2026-05-01');
    expect(due(licence('IL', '2026-01-31'))).toBe('2026-05-01');
  });

  test('after 120 days where a registry knows of a licence elsewhere of which the file says nothing', () => {
    const known = (onFile: ReturnType<typeof licence>[], ...states: string[]) =>
      due(
        ...listKnownLicences(
          onFile,
          states.map((state) => ({ state })),
        ),
      );
    expect(known([licence('IL')], 'IL')).toBe('2026-06-30');
    expect(known([licence('IL')], 'IL', 'WI')).toBe('2026-05-01');
    // the file knows that it has ended
    expect(known([licence('IL'), licence('WI', '2026-01-31')], 'WI')).toBe('2026-06-30');
    // how long one holds that only the registry knows of is not known
    expect(known([], 'IL')).toBe('2026-05-01');
  });

  test('after 180 days only while no licence elsewhere has begun or still runs', () => {
    expect(due(licence('IL'), { state: 'WI', startsOn: '2026-02-02', expiresOn: '2028-01-31' })).toBe('2026-06-30');
    expect(due(licence('IL'), { state: 'WI', startsOn: '2026-02-01', expiresOn: '2028-01-31' })).toBe('2026-05-01');
    // renewed ahead: the former term is what holds
    const renewed = { state: 'IL', startsOn: '2026-03-01', expiresOn: '2028-02-28' };
    expect(due(renewed, licence('IL', '2026-02-28'))).toBe('2026-06-30');
    expect(due(renewed)).toBe('2026-05-01');
  });

  test('counting over a leap day', () => {
    expect(computeAttestationDueOn('2028-01-01', [], '2028-01-01')).toBe('2028-04-30');
  });
});

describe('for a payer, an attestation', () => {
  const state = (today: string, authorizedPayerIds: string[] | null) =>
    evaluateAttestation({ attestedOn: '2026-01-01', dueOn: '2026-05-01', authorizedPayerIds }, 'payer-a', today);

  test('is current through the day on which it is due, and lapsed the day after', () => {
    expect(state('2026-01-01', null)).toBe('current');
    expect(state('2026-05-01', null)).toBe('current');
    expect(state('2026-05-02', null)).toBe('lapsed');
  });

  test('does not count where the authorisation was taken back, whether or not it is recorded who else has one', () => {
    const withdrawn = (authorizedPayerIds: string[] | null, withdrawnPayerIds: string[]) => {
      const attestation = { attestedOn: '2026-01-01', dueOn: '2026-05-01', authorizedPayerIds, withdrawnPayerIds };
      return evaluateAttestation(attestation, 'payer-a', '2026-03-01');
    };
    expect(withdrawn(null, ['payer-a'])).toBe('not_authorised');
    expect(withdrawn(null, ['payer-b'])).toBe('current');
    expect(withdrawn(['payer-b'], ['payer-a'])).toBe('not_authorised');
    expect(withdrawn(['payer-a'], ['payer-b'])).toBe('current');
  });

  test('must name the payer only where it is recorded whom it names', () => {
    expect(state('2026-03-01', ['payer-b', 'payer-a'])).toBe('current');
    expect(state('2026-03-01', ['payer-b'])).toBe('not_authorised');
    expect(state('2026-03-01', [])).toBe('not_authorised');
    expect(state('2026-05-02', ['payer-b'])).toBe('lapsed');
  });

  test('is missing where there is none', () => {
    expect(evaluateAttestation(null, 'payer-a', '2026-03-01')).toBe('missing');
  });
});
