import { dirname } from 'node:path';
import express from 'express';
import type { Router } from 'express';
import { buildOpenApiDocument } from './openapi';
import type { Route } from './route';
import { servePage } from './router';

const SWAGGER_UI = dirname(require.resolve('swagger-ui-dist/package.json'));

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Countersign API</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css">
    <link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

// validatorUrl null: the page calls no server but this one.
const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null });
`;

/** Serves the OpenAPI document of the routes and a page that shows it, all from here. */
export function createDocs(routes: Route[]): Router {
  // the document is made at the first request: it takes as long as the rest of a start
  let document: string | undefined;
  const router = express.Router();
  servePage(router, '/', (_, res) => res.redirect('/docs'));
  servePage(router, '/openapi.json', (_, res) => {
    document ??= JSON.stringify(buildOpenApiDocument(routes));
    res.type('json').end(document);
  });
  servePage(router, '/docs', (_, res) => void res.type('html').end(PAGE));
  servePage(router, '/docs/start.js', (_, res) => void res.type('js').end(START));
  router.use('/docs', express.static(SWAGGER_UI, { index: false }));
  return router;
}
