import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { type IRouter, Router } from 'express';
import { allowInlineStyles } from '../http/headers.ts';
import { openApi } from '../http/openapi.ts';
import type { Route } from '../http/route.ts';

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Millrace API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body><div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/initialize.js"></script></body>
</html>`;

const SCRIPT = `SwaggerUIBundle({ url: '/docs/openapi.json', dom_id: '#swagger-ui', deepLinking: true, tryItOutEnabled: true, validatorUrl: null });`;

/** Swagger UI, served from here alone, over the OpenAPI document of the table. */
export function docsPage(routes: readonly Route[]): IRouter {
  const document = openApi(routes);
  const assets = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const router = Router();
  router.get('/openapi.json', (_req, res) => void res.json(document));
  router.get('/initialize.js', (_req, res) => void res.type('js').send(SCRIPT));
  router.get('/', allowInlineStyles, (_req, res) => void res.type('html').send(PAGE));
  for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js'])
    router.get(`/${file}`, (_req, res) => res.sendFile(file, { root: assets }));
  return router;
}
