import { CLIENT, TestApi, listBrokenRules } from '../support/api';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
});
afterAll(() => api.stop());

/** One white point. */
const JPEG =
  '/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP' +
  '/'.repeat(86) +
  'wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=';
const put = (jpeg: string, key?: string) => api.put('/v1/settings/logo', { jpeg }, key ? { key } : {});

async function paper(): Promise<string> {
  const { id } = await api.make('/v1/clients', CLIENT);
  const { status, body } = await api.get(`/v1/clients/${id}/coverage?format=pdf`);
  expect(status).toBe(200);
  return body;
}

test('a paper carries the operator’s name and logo, once they are known', async () => {
  const plain = await paper();
  expect([plain.includes('/Author'), plain.includes('/Subtype /Image')]).toEqual([false, false]);
  expect((await api.get('/v1/settings')).body.operatorName).toBeNull();
  await api.patch('/v1/settings', { operatorName: 'Northside Credentialing' });
  expect((await put(JPEG)).status).toBe(200);
  expect((await api.get('/v1/settings/logo')).body).toEqual({ jpeg: JPEG });
  const headed = await paper();
  expect(headed).toContain('(Northside Credentialing)');
  expect(headed).toContain('/Subtype /Image');
  expect((await api.call('DELETE', '/v1/settings/logo')).status).toBe(204);
  expect((await api.get('/v1/settings/logo')).status).toBe(404);
  expect(await paper()).not.toContain('/Subtype /Image');
});

test('a logo is a JPEG that a paper can show, and nothing else', async () => {
  const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').toString('base64');
  const cut = Buffer.from(JPEG, 'base64').subarray(0, 20).toString('base64');
  for (const bad of [png, cut, Buffer.from('JPEG').toString('base64'), '/9g=', '/w=='])
    expect([bad, listBrokenRules(await put(bad))]).toEqual([bad, ['jpeg jpeg']]);
  expect(listBrokenRules(await put('no base64!'))).toEqual(['jpeg base64']);
  expect(listBrokenRules(await put(''))).toEqual(['jpeg base64']);
  expect(listBrokenRules(await put('A'.repeat(300_000)))).toEqual(['jpeg max_length']);
  expect((await api.get('/v1/settings/logo')).status).toBe(404);
  expect((await put(JPEG, await api.keyOf('lead'))).status).toBe(403);
});
