import * as fc from 'fast-check';
import { isLocalPath, isOtherEmail, isSameOrigin } from '../../../domain/registry/sessions';

describe('a page to return to', () => {
  test.each(['/', '/docs', '/docs?a=1&b=%2F#c', '/a//b', '/%5C', '/@x'])('%s is one of ours', (path) => {
    expect(isLocalPath(path)).toBe(true);
  });

  test.each([
    '',
    'docs',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\/evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '/a\\b',
    '/ü',
    '/ a',
    'https://evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
    '@evil.example',
    `/${'a'.repeat(2_000)}`,
  ])('%j is not', (path) => {
    expect(isLocalPath(path)).toBe(false);
  });

  test('leads to our origin, however it is written, where it is taken', () => {
    const parts = fc.array(
      fc.constantFrom('/', '\\', '.', ':', '@', '\t', '\n', '%2f', 'evil.example', 'a', '?', '#'),
      {
        maxLength: 8,
      },
    );
    fc.assert(
      fc.property(parts, (text) => {
        const path = text.join('');
        fc.pre(isLocalPath(path));
        expect(new URL(path, 'https://ours.example').origin).toBe('https://ours.example');
      }),
    );
  });
});

test('an address contradicts an invitation only where it was verified, and is another in all letters', () => {
  const invited = 'Robin@operator.example';
  expect(isOtherEmail({ email: 'eve@operator.example', isVerified: true }, invited)).toBe(true);
  expect(isOtherEmail({ email: 'eve@operator.example', isVerified: false }, invited)).toBe(false);
  expect(isOtherEmail({ email: 'robin@OPERATOR.example', isVerified: true }, invited)).toBe(false);
  expect(isOtherEmail({ email: null, isVerified: true }, invited)).toBe(false);
});

test.each([
  ['same-origin', undefined, true],
  ['same-origin', 'https://ours.example', true],
  [undefined, 'https://ours.example', true],
  [undefined, undefined, false],
  ['same-origin', 'https://evil.example', false],
  ['same-origin', 'null', false],
  ['same-site', 'https://ours.example', false],
  ['cross-site', undefined, false],
  ['none', undefined, false],
  [undefined, 'https://ours.example.evil.example', false],
  [undefined, 'http://ours.example', false],
])('Sec-Fetch-Site %s and Origin %s: a page of ours is %s', (site, origin, ours) => {
  expect(isSameOrigin({ site, origin }, 'https://ours.example')).toBe(ours);
});
