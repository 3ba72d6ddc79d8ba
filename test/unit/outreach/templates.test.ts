import {
  renderMail as renderAs,
  TEMPLATE_NAMES,
  type Content,
  type Names,
  type Reader,
} from '../../../outreach/templates';

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
const NAMES: Names = { recipientName: 'Robin Vale', operatorName: null, caqhName: 'CAQH' };
const render = (reader: Reader, contents: Content[], names: Partial<Names> = {}) =>
  renderAs(reader, contents, { ...NAMES, ...names });
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
        const { subject, text, html } = render(reader, [one], { caqhName: 'Provider Data Portal' });
        expect(subject + text + html).not.toContain('CAQH');
      }
  expect(render('provider', [content('attestation_due')], { caqhName: 'Provider Data Portal' }).subject).toBe(
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

test('a client reads other words than a colleague', () => {
  const said = (reader: Reader) => render(reader, [content('escalation')]).text;
  expect(said('user')).toContain('Robin Vale, Aetna (CO): ask the payer for the status, due since June 3');
  expect(said('client')).toContain('We are late');
});

test('a payer reads who each application is for: the provider’s name, the practice’s, and numbers', () => {
  const { subject, text } = render('payer', [
    content('payer_follow_up', { forPayer }),
    content('payer_follow_up', { providerName: null, forPayer: { ...forPayer, tin: '12-3456789' } }),
  ]);
  expect(subject).toBe('Credentialing status request');
  expect(text.match(/TIN/g)).toHaveLength(1);
  expect(text.match(/^- Provider: .*$/gm)).toEqual(['- Provider: Robin Vale']);
});

test('a mail greets its reader by name, and says on whose behalf it comes', () => {
  const said = (reader: Reader, names: Partial<Names>) => {
    const { text, html } = render(reader, [content('escalation', { forPayer })], names);
    expect(html).toContain(text.split('\n')[0]!.replace('&', '&amp;'));
    return [text.split('\n')[0], /on behalf of .*\./.exec(text)![0]];
  };
  const operatorName = 'Northside Credentialing';
  const team = 'on behalf of the credentialing team. Replies reach the team.';
  const named = 'on behalf of Northside Credentialing. Replies reach the team.';
  expect(said('user', { recipientName: 'Kim Ode' })).toEqual(['Dear Kim Ode,', team]);
  expect(said('client', { recipientName: 'Elm & Oak', operatorName })).toEqual(['Dear Elm & Oak,', named]);
  expect(said('payer', { recipientName: 'Aetna', operatorName })).toEqual(['Dear team at Aetna,', named]);
  expect(said('platform', { recipientName: 'Headway' })).toEqual(['Dear team at Headway,', team]);
  expect(said('provider', { recipientName: null })).toEqual(['Hello,', team]);
});

test('what names hold is text, never markup', () => {
  const { html } = render('user', [content('escalation', { providerName: '<img src=x onerror="x">' })]);
  expect(html).toContain('&lt;img src=x onerror=&quot;x&quot;&gt;');
  expect(html).not.toContain('<img');
});

test('a template that is not known is an error, and nothing is sent', () => {
  expect(() => render('provider', [content('nowhere')])).toThrow('no template nowhere');
});
