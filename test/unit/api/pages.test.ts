import { request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { WrongKeys } from '../../../api/kernel/wrong-keys';
import { createCalendarFeeds } from '../../../api/kernel/calendar';
import { createDocs } from '../../../api/kernel/docs';
import type { Problem } from '../../../api/kernel/errors';
import { createMailbox } from '../../../api/outreach/mailbox';
import { createDatabase } from '../../../runtime/database';

let server: Server;
const sql = createDatabase('postgres://127.0.0.1:1/none', { max: 1 });
beforeAll(async () => {
  const app = express();
  app.use(createDocs([]), createMailbox(), createCalendarFeeds(sql, new WrongKeys()));
  const refuse: express.ErrorRequestHandler = (problem: Problem, _req, res, _next) =>
    void res.status(problem.status).set(problem.headers).end();
  app.use(refuse);
  await new Promise<void>((resolve) => (server = app.listen(0, '127.0.0.1', () => resolve())));
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await sql.end();
});

// fetch sends no TRACE
const ask = (method: string, path: string): Promise<[number | undefined, string | undefined]> =>
  new Promise((resolve, reject) => {
    const { port } = server.address() as AddressInfo;
    request({ host: '127.0.0.1', port, method, path }, (res) => {
      res.resume().once('end', () => resolve([res.statusCode, res.headers.allow]));
    })
      .once('error', reject)
      .end();
  });

test.each([
  '/',
  '/docs',
  '/docs/start.js',
  '/openapi.json',
  '/mailbox',
  '/mailbox/page.js',
  `/calendar/${'a'.repeat(43)}.ics`,
])('%s takes GET and HEAD, and refuses every other method by naming them', async (path) => {
  for (const method of ['TRACE', 'OPTIONS', 'POST', 'DELETE'])
    expect([method, ...(await ask(method, path))]).toEqual([method, 405, 'GET, HEAD']);
});

test('a page is there for who gets it', async () => {
  for (const path of ['/docs', '/openapi.json', '/mailbox', '/docs/swagger-ui.css'])
    expect([path, (await ask('GET', path))[0], (await ask('HEAD', path))[0]]).toEqual([path, 200, 200]);
});
