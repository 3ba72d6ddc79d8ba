import responses from './core-responses.json';
import type { Method } from './route';

/** One request of the story that the core tells: an example of its operation. */
export interface CoreStep {
  /** The name of the example, and of its answer in core-responses.json. */
  name: string;
  summary: string;
  method: Method;
  path: string;
  /** The values in the path and the query. */
  parameters?: Record<string, string>;
  body?: object;
  /** The id that the examples give to what this creates. */
  creates?: string;
  status: 200 | 201;
}

/** Makes ids as the examples have them; a real answer has others. */
const makeExampleId = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const CLIENT = makeExampleId(1);
const PRACTICE = makeExampleId(2);
const PROVIDER = makeExampleId(3);
const PAYER = makeExampleId(4);
const APPLICATION = makeExampleId(5);

const address = { line1: '12 Elm Street', city: 'Oakland', state: 'CA', postalCode: '94607' };
const fromLetter = { source: 'letter', reference: 'Welcome letter of 2026-05-20', confirmedOn: '2026-05-22' };

const makeApplicationStep = (
  method: Method,
  segment: string,
  name: string,
  summary: string,
  body?: object,
): CoreStep => ({
  name,
  summary,
  method,
  path: `/v1/applications/{id}/${segment}`,
  parameters: { id: APPLICATION },
  ...(body && { body }),
  status: 200,
});

/** The life of one application, from a new client to a yes of billing readiness. A test sends it to a real API. */
export const CORE_STEPS: CoreStep[] = [
  {
    name: 'client',
    summary: 'A therapist becomes a client',
    method: 'post',
    path: '/v1/clients',
    body: { name: 'Elm Therapy', timeZone: 'America/Los_Angeles', contactEmail: 'office@example.org' },
    creates: CLIENT,
    status: 201,
  },
  {
    name: 'practice',
    summary: 'The practice that will bill',
    method: 'post',
    path: '/v1/clients/{id}/practices',
    parameters: { id: CLIENT },
    body: { legalName: 'Elm Therapy PLLC', tin: { type: 'ein', value: '12-3456789' }, npi: '1245319599', address },
    creates: PRACTICE,
    status: 201,
  },
  {
    name: 'provider',
    summary: 'The therapist, with a licence and malpractice cover',
    method: 'post',
    path: '/v1/clients/{id}/providers',
    parameters: { id: CLIENT },
    body: {
      firstName: 'Robin',
      lastName: 'Vale',
      npi: '1234567893',
      email: 'robin@example.org',
      licences: [{ state: 'CA', number: 'LMFT 12345', issuedOn: '2019-05-01', expiresOn: '2099-01-31' }],
      malpractice: { carrier: 'Good Cover', policyNumber: 'P-1001', startsOn: '2020-02-01', expiresOn: '2099-01-31' },
    },
    creates: PROVIDER,
    status: 201,
  },
  {
    name: 'payer',
    summary: 'A payer that needs no CAQH profile and is asked every ten business days',
    method: 'post',
    path: '/v1/payers',
    body: {
      name: 'Acme Health',
      electronicPayerIds: [{ clearinghouse: 'Availity', payerId: '60054' }],
      playbook: { requiresCaqh: false, followUpEvery: { businessDays: 10 } },
    },
    creates: PAYER,
    status: 201,
  },
  {
    name: 'application',
    summary: 'The provider applies to the payer through the practice',
    method: 'post',
    path: '/v1/applications',
    body: { providerId: PROVIDER, practiceId: PRACTICE, payerId: PAYER, state: 'CA' },
    creates: APPLICATION,
    status: 201,
  },
  {
    name: 'work_queue',
    summary: 'The application waits for its submission',
    method: 'get',
    path: '/v1/work-queue',
    parameters: { clientId: CLIENT },
    status: 200,
  },
  makeApplicationStep('post', 'submission', 'submission', 'Filed in the payer’s portal', {
    submittedOn: '2026-03-02',
    channel: 'payer_portal',
    referenceNumber: 'ACME-778',
  }),
  makeApplicationStep('post', 'contacts', 'information_requested', 'The payer asks for a form', {
    channel: 'phone',
    outcome: 'information_requested',
    rep: 'Dana',
    referenceNumber: 'CALL-1',
    missingItems: ['W-9'],
  }),
  makeApplicationStep('post', 'information', 'information', 'The form is sent', {
    providedOn: '2026-03-20',
    items: ['W-9'],
  }),
  makeApplicationStep('post', 'contacts', 'approved', 'The payer says yes', {
    channel: 'portal',
    outcome: 'approved',
    notes: 'The portal shows the committee’s approval.',
  }),
  makeApplicationStep('put', 'confirmations/contract', 'contract', 'The contract that both have signed', {
    value: 'executed',
    source: 'executed_contract',
    reference: 'Agreement ACME-2026-14',
    confirmedOn: '2026-05-22',
  }),
  makeApplicationStep('put', 'confirmations/effectiveDate', 'effective_date', 'The first day in network', {
    value: '2026-06-01',
    ...fromLetter,
  }),
  makeApplicationStep(
    'put',
    'confirmations/payerProviderId',
    'payer_provider_id',
    'The id under which the payer pays',
    {
      value: 'PIN-20391',
      ...fromLetter,
    },
  ),
  makeApplicationStep('put', 'confirmations/claimsRoute', 'claims_route', 'Where claims go', {
    value: { clearinghouse: 'Availity', payerId: '60054' },
    ...fromLetter,
  }),
  {
    name: 'may_bill',
    summary: 'Yes, with the facts that the answer rests on',
    method: 'get',
    path: '/v1/billing-readiness',
    parameters: {
      providerId: PROVIDER,
      practiceId: PRACTICE,
      payerId: PAYER,
      state: 'CA',
      dateOfService: '2026-06-15',
    },
    status: 200,
  },
  makeApplicationStep('get', 'timeline', 'timeline', 'Everything that happened, in order'),
];

interface Example {
  summary: string;
  value: unknown;
}

/** The example of one operation of the core, as the document shows it. */
export interface CoreExamples {
  parameters: Record<string, string>;
  requests: Record<string, Example>;
  responses: Record<string, Record<string, Example>>;
}

/** Finds the examples of an operation; undefined if it is not of the core. */
export function findCoreExamples({ method, path }: { method: Method; path: string }): CoreExamples | undefined {
  const steps = CORE_STEPS.filter((step) => step.method === method && step.path === path);
  if (steps.length === 0) return undefined;
  const examples: CoreExamples = { parameters: {}, requests: {}, responses: {} };
  for (const { name, summary, parameters, body, status } of steps) {
    Object.assign(examples.parameters, parameters);
    if (body) examples.requests[name] = { summary, value: body };
    const value = (responses as Record<string, unknown>)[name];
    examples.responses[status] = { ...examples.responses[status], [name]: { summary, value } };
  }
  return examples;
}
