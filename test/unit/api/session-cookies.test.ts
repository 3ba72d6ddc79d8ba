import { SESSION_COOKIE, SIGN_IN_COOKIE, writeCookie } from '../../../api/kernel/session-cookies';

test('over TLS a cookie is of this host alone, and goes nowhere without TLS; no script reads it', () => {
  expect(writeCookie(SESSION_COOKIE, 't', 'https://ours.example')).toBe(
    '__Host-countersign-session=t; Path=/; Max-Age=28800; HttpOnly; SameSite=Lax; Secure',
  );
  expect(writeCookie(SIGN_IN_COOKIE, 't', 'https://ours.example')).toBe(
    '__Host-countersign-sign-in=t; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure',
  );
  expect(writeCookie(SESSION_COOKIE, null, 'https://ours.example')).toBe(
    '__Host-countersign-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure',
  );
});

test('without TLS, on this machine, it is the same but for what needs TLS', () => {
  expect(writeCookie(SESSION_COOKIE, 't', 'http://localhost:3000')).toBe(
    'countersign-session=t; Path=/; Max-Age=28800; HttpOnly; SameSite=Lax',
  );
});
