import { mayManage, isAllowed, mayGrant } from '../../../api/kernel/policy';
import { ROLES, type Role } from '../../../domain/kernel/codes';
import type { Principal } from '../../../record/kernel/principal';

const principal = (role: Role, clientIds: string[] | null = null): Principal => ({
  type: 'key',
  id: 'k',
  name: 'k',
  role,
  clientIds,
});

test('auditor, client and service change neither registry nor applications', () => {
  for (const role of ['auditor', 'client', 'service'] as const)
    for (const permission of ['registry:write', 'applications:work', 'applications:follow_up', 'users:write'] as const)
      expect([role, permission, isAllowed(principal(role), permission)]).toEqual([role, permission, false]);
});

test('an agent follows up and nothing else; a specialist works applications but waives nothing; a lead waives', () => {
  expect(isAllowed(principal('agent'), 'applications:follow_up')).toBe(true);
  expect(isAllowed(principal('agent'), 'applications:work')).toBe(false);
  expect(isAllowed(principal('specialist'), 'applications:work')).toBe(true);
  expect(isAllowed(principal('specialist'), 'applications:waive')).toBe(false);
  expect(isAllowed(principal('lead'), 'applications:waive')).toBe(true);
});

test('who may change a provider may have their numbers revealed; the roles that only look may not', () => {
  for (const role of ROLES)
    expect([role, isAllowed(principal(role), 'identifiers:reveal')]).toEqual([
      role,
      isAllowed(principal(role), 'registry:write'),
    ]);
});

test('nobody grants a role that may more, or a scope that is wider', () => {
  for (const role of ROLES) {
    expect(mayGrant(principal('admin'), role, null)).toBe(true);
    expect(mayGrant(principal(role), role, null)).toBe(true);
    // a client reads its files, which an agent does not
    expect(mayGrant(principal('agent'), role, null)).toBe(role === 'agent');
    expect(mayGrant(principal('admin', ['a', 'b']), role, ['b'])).toBe(true);
    expect(mayGrant(principal('admin', ['a', 'b']), role, ['b', 'c'])).toBe(false);
    expect(mayGrant(principal('admin', ['a', 'b']), role, null)).toBe(false);
  }
});

test('nobody manages a user who reaches further, in role or in clients', () => {
  const user = (role: Role, clientIds: string[] | null) => ({ role, clientIds });
  for (const maker of [principal('lead', ['a']), principal('lead', ['a', 'b']), principal('admin', ['a'])]) {
    expect(mayManage(maker, user('specialist', ['a']))).toBe(true);
    expect(mayManage(maker, user('specialist', null))).toBe(false);
    expect(mayManage(maker, user('specialist', ['a', 'c']))).toBe(false);
  }
  expect(mayManage(principal('lead'), user('specialist', null))).toBe(true);
  expect(mayManage(principal('lead'), user('admin', ['a']))).toBe(false);
  expect(mayManage(principal('specialist'), user('lead', ['a']))).toBe(false);
});
