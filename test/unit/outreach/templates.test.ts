import { render as renderAs, TEMPLATE_NAMES, type Content, type Reader } from '../../../outreach/templates';

const content = (template: string, more: Partial<Content> = {}): Content => ({
  template,
  data: {
    purpose: 'check_status',
    dueOn: '2026-06-03',
    item: 'licence',
    state: 'CO',
    rung: 1,
    applicationIds: ['a', 'b'],
    expectedDecisionOn: '2026-07-01',
    questions: [{ question: 'bill_outside', payerId: 'p', state: null, because: 'unanswered' }],
  },
  providerName: 'Robin Vale',
  payerName: 'Aetna',
  state: 'CO',
  ...more,
});
const render = (reader: Reader, contents: Content[]) => renderAs(reader, contents, 'CAQH');
const forPayer = { npi: '1679576722', practiceName: 'Vale Counseling PC', referenceNumber: 'REF-9', tin: null };
const words = (text: string): number => text.split(/\s+/).length;

test.each(TEMPLATE_NAMES)('%s is short, and says the same as text and as HTML', (template) => {
  const { subject, text, html } = render('provider', [content(template, { forPayer })]);
  expect(subject.length).toBeLessThan(70);
  expect(words(text)).toBeLessThan(120);
  const plain = html.replace(/<[^>]+>/g, ' ');
  const lines = text.split('\n').filter((line) => line && line !== '-- ');
  expect(lines.filter((line) => !plain.includes(line.replace(/^(- |\d\. )/, '')))).toEqual([]);
});

test('CAQH is named as the settings have it, in every mail that names it', () => {
  for (const template of TEMPLATE_NAMES)
    for (const reader of ['provider', 'user', 'client'] as const)
      for (const item of ['licence', 'attestation']) {
        const one = content(template, { forPayer, data: { ...content(template).data, item } });
        const { subject, text, html } = renderAs(reader, [one], 'Provider Data Portal');
        expect(subject + text + html).not.toContain('CAQH');
      }
  expect(renderAs('provider', [content('attestation_due')], 'Provider Data Portal').subject).toBe(
    'Please attest in Provider Data Portal',
  );
});

test('a provider’s mail names the client that it is written for', () => {
  const { text, html } = render('provider', [content('upkeep_due', { clientName: 'Elm & Oak' })]);
  expect(text).toContain('credentialing team for Elm & Oak.');
  expect(html).toContain('credentialing team for Elm &amp; Oak.');
});

test('a payer that wants a fresher attestation than CAQH does is named with what it wants', () => {
  const line = (template: string) =>
    render('provider', [content(template, { data: { ...content(template).data, item: 'attestation', maxDays: 90 } })])
      .text;
  expect(line('attestation_due')).toContain('- Aetna (CO) (at most 90 days old, says the payer)');
  expect(line('lapse_predicted')).toContain(
    'good through June 3, 2026 (at most 90 days old, says the payer), decision',
  );
});

test('several of one kind are one section, and a provider attests once for all', () => {
  const payers = ['Aetna', 'Cigna', 'Aetna'].map((payerName) => content('attestation_due', { payerName }));
  const { subject, text } = render('provider', payers);
  expect(subject).toBe('Please attest in CAQH');
  expect(text.match(/^- .*$/gm)).toEqual(['- Aetna (CO)', '- Cigna (CO)']);
});

test('a digest of several kinds has a heading for each', () => {
  const { subject, text, html } = render('provider', [content('attestation_due'), content('information_missing')]);
  expect(subject).toBe('2 things about your applications');
  for (const heading of ['Please attest in CAQH', 'Aetna asks for something more']) {
    expect(text).toContain(`${heading}\n---`);
    expect(html).toContain(heading);
  }
});

test('a client is told in other words than a colleague', () => {
  const said = (reader: Reader) => render(reader, [content('escalation')]).text;
  expect(said('user')).toContain('Robin Vale, Aetna (CO): ask the payer for the status, due since June 3');
  expect(said('client')).toContain('We are late');
});

test('a payer reads numbers and the practice’s name, and no name of a person', () => {
  const { subject, text } = render('payer', [
    content('payer_follow_up', { providerName: null, forPayer }),
    content('payer_follow_up', { providerName: null, forPayer: { ...forPayer, tin: '12-3456789' } }),
  ]);
  expect(subject).toBe('Credentialing status request');
  expect(text.match(/TIN/g)).toHaveLength(1);
  expect(text).not.toContain('Robin');
});

test('what names hold is text, never markup', () => {
  const { html } = render('user', [content('escalation', { providerName: '<img src=x onerror="x">' })]);
  expect(html).toContain('&lt;img src=x onerror=&quot;x&quot;&gt;');
  expect(html).not.toContain('<img');
});

test('a template that is not known is an error, and nothing is sent', () => {
  expect(() => render('provider', [content('nowhere')])).toThrow('no template nowhere');
});
