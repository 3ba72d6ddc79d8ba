import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Router } from 'express';
import { listCertificateKeys } from '../../record/billing/certificate-keys';
import { findCertificateStanding } from '../../record/billing/certificates';
import type { Sql } from '../../runtime/database';
import { Problem } from '../kernel/errors';
import { servePage } from '../kernel/router';
import { id } from '../kernel/schemas';

/** Everything that the page runs, in its text: once it is saved, it needs nothing else. */
const SCRIPT = [require.resolve('../../runtime/certificate-check'), join(__dirname, 'verify-page-script.js')]
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n');
const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}
label{display:block;margin:1rem 0 .2rem}textarea,input[type=text]{width:100%;box-sizing:border-box;font:inherit}
#result{margin:1.5rem 0;padding:1rem;border:2px solid #777}#result:not([data-result]){display:none}
#result[data-result=valid]{border-color:#17803d}#result[data-result=invalid],#result[data-result=unreadable]{border-color:#b91c1c}
pre{white-space:pre-wrap;overflow-wrap:anywhere}`;

const hashSource = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
/** The page may run its own script, and reach nobody. */
const POLICY = `default-src 'none'; script-src ${hashSource(SCRIPT)}; style-src ${hashSource(STYLE)}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

const writePage = (keys: readonly { id: string; publicKey: string }[]): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Verify a certificate</title>
    <style>${STYLE}</style>
  </head>
  <body>
    <h1>Verify a certificate of billing readiness</h1>
    <p>Nothing leaves this page: <a href="/verify" download="verify-certificate.html">save it</a> and it works without a network.</p>
    <label for="file">The certificate’s file (JSON; a PDF has it as its attachment)</label>
    <input id="file" type="file" accept=".json,application/json">
    <label for="text">or its text</label>
    <textarea id="text" rows="6" spellcheck="false"></textarea>
    <label for="key">The issuer’s public key, if this page was saved elsewhere or before the key was made</label>
    <input id="key" type="text" autocomplete="off" spellcheck="false">
    <section id="result" aria-live="polite"><h2 id="title"></h2><p id="explanation"></p><pre id="content"></pre></section>
    <script type="application/json" id="keys">${JSON.stringify(keys.map(({ id: keyId, publicKey }) => ({ id: keyId, publicKey })))}</script>
    <script>${SCRIPT}</script>
  </body>
</html>
`;

/** Creates the pages for the holders of certificates, who have no key: one verifies, the other says whether one holds. */
export function createVerifyPages(sql: Sql): Router {
  const router = Router({ caseSensitive: true, strict: true });
  servePage(router, '/verify', async (_req, res) => {
    res.set('Content-Security-Policy', POLICY);
    res.type('html').send(writePage(await listCertificateKeys(sql)));
  });
  servePage(router, '/verify/:id', async (req, res) => {
    const asked = id.safeParse(req.params.id);
    const found = asked.success ? await findCertificateStanding(sql, asked.data) : null;
    if (!found) throw new Problem('not_found');
    res.json({ ...found, holds: found.endedAt === null });
  });
  return router;
}
