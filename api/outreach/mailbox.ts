import express from 'express';
import type { Router } from 'express';
import { servePage } from '../kernel/router';

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Local mailbox</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/mailbox/page.css">
    <script src="/mailbox/page.js" defer></script>
  </head>
  <body>
    <header>
      <h1>Local mailbox</h1>
      <p>No mail server is set (<code>SMTP_URL</code>): what would have gone out is kept here, and goes nowhere.</p>
    </header>
    <form id="sign-in">
      <label for="key">API key</label>
      <input id="key" type="password" autocomplete="current-password" required>
      <button>Open</button>
      <p id="problem" role="alert"></p>
    </form>
    <main id="mailbox" hidden>
      <nav>
        <p><button id="refresh" type="button">Refresh</button> <span id="count" role="status"></span></p>
        <ol id="list"></ol>
      </nav>
      <article id="mail" hidden>
        <h2 id="subject"></h2>
        <p><span id="to"></span> <time id="at"></time></p>
        <iframe id="html" title="The mail as HTML" sandbox></iframe>
        <details>
          <summary>As plain text</summary>
          <pre id="text"></pre>
        </details>
      </article>
    </main>
  </body>
</html>
`;

const STYLE = `* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0; color: #1d2733; background: #f4f5f7; font: 16px/1.5 system-ui, sans-serif; }
header, form, main { max-width: 72rem; margin: 0 auto; padding: 1rem 1.5rem; }
h1 { margin: 0.5rem 0 0; font-size: 1.4rem; }
h2 { margin: 0; font-size: 1.15rem; }
header p { margin: 0.25rem 0; color: #4a5663; }
form { display: flex; flex-wrap: wrap; gap: 0.75rem; align-items: center; }
input { flex: 1; max-width: 28rem; }
input, button { padding: 0.45rem 0.8rem; border: 1px solid #98a3af; border-radius: 6px; background: #fff; font: inherit; }
button { cursor: pointer; }
#problem { flex-basis: 100%; margin: 0; color: #a3201a; }
main { display: grid; grid-template-columns: minmax(16rem, 24rem) 1fr; gap: 1.5rem; align-items: start; }
ol { margin: 0; padding: 0; list-style: none; }
li button { display: block; width: 100%; margin-bottom: 0.4rem; text-align: left; }
li button[aria-current] { border-color: #1d5fbf; box-shadow: inset 3px 0 #1d5fbf; }
li small { display: block; color: #4a5663; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
article { padding: 1rem 1.25rem; background: #fff; border: 1px solid #dfe3e8; border-radius: 8px; }
article p { color: #4a5663; }
iframe { width: 100%; height: 32rem; border: 1px solid #dfe3e8; border-radius: 6px; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
@media (max-width: 48rem) { main { grid-template-columns: 1fr; } }
`;

const SCRIPT = `'use strict';
const findPart = (id) => document.getElementById(id);
const formatInstant = (at) => new Date(at).toLocaleString();
const KEY = 'countersign-key';

async function openMailbox(key) {
  const response = await fetch('/v1/local-mailbox?limit=200', { headers: { authorization: 'Bearer ' + key } }).catch(() => null);
  if (!response || !response.ok) {
    sessionStorage.removeItem(KEY);
    const why = { 401: 'This key is not known.', 403: 'This key may not read the mailbox.' };
    findPart('problem').textContent = (response && why[response.status]) || 'The mailbox could not be read; try again.';
    findPart('mailbox').hidden = true;
    findPart('sign-in').hidden = false;
    return;
  }
  const { items } = await response.json();
  sessionStorage.setItem(KEY, key);
  findPart('sign-in').hidden = true;
  findPart('mailbox').hidden = false;
  findPart('count').textContent = items.length === 0 ? 'Nothing has gone out yet.' : 'The latest ' + items.length;
  findPart('list').replaceChildren(...items.map(buildItem));
  if (items.length === 0) findPart('mail').hidden = true;
  else findPart('list').querySelector('button').click();
}

function buildItem(mail) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = mail.subject;
  for (const text of [mail.recipient, formatInstant(mail.at)]) {
    const small = document.createElement('small');
    small.textContent = text;
    button.append(small);
  }
  button.addEventListener('click', () => showMail(mail, button));
  const item = document.createElement('li');
  item.append(button);
  return item;
}

function showMail(mail, button) {
  for (const other of findPart('list').querySelectorAll('[aria-current]')) other.removeAttribute('aria-current');
  button.setAttribute('aria-current', 'true');
  findPart('subject').textContent = mail.subject;
  findPart('to').textContent = 'To ' + mail.recipient + ',';
  findPart('at').textContent = formatInstant(mail.at);
  findPart('at').dateTime = mail.at;
  findPart('html').srcdoc = mail.html;
  findPart('text').textContent = mail.text;
  findPart('mail').hidden = false;
}

findPart('sign-in').addEventListener('submit', (event) => {
  event.preventDefault();
  findPart('problem').textContent = '';
  openMailbox(findPart('key').value);
});
findPart('refresh').addEventListener('click', () => openMailbox(sessionStorage.getItem(KEY)));
if (sessionStorage.getItem(KEY)) openMailbox(sessionStorage.getItem(KEY));
`;

/**
 * Serves a page that shows the local mailbox to a user with a key for it; it requests nothing before a key is entered.
 */
export function createMailbox(): Router {
  const router = express.Router();
  servePage(router, '/mailbox', (_, res) => void res.type('html').end(PAGE));
  servePage(router, '/mailbox/page.css', (_, res) => void res.type('css').end(STYLE));
  servePage(router, '/mailbox/page.js', (_, res) => void res.type('js').end(SCRIPT));
  return router;
}
