import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import type { Route } from './route.ts';

const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details' });

/** The OpenAPI 3.1 document of the table, made from the schemas that the routes themselves parse with. */
export function openApi(routes: readonly Route[]) {
  const paths: ZodOpenApiPathsObject = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: operation(route) };
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Millrace',
      version: '1',
      description:
        'Market data, signals, paper orders and tasks of the cluster. Prices and sizes are decimal strings; times are integer UTC milliseconds. Every path stands at the root and under /api/v1.',
    },
    servers: [{ url: '/api/v1' }, { url: '/' }],
    paths,
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'millrace_session' },
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
      },
    },
    security: [{ session: [] }, { bearer: [] }],
  });
}

function operation(route: Route): ZodOpenApiOperationObject {
  const status = String(route.status ?? (route.response || route.produces ? 200 : 204));
  const success = route.response
    ? { content: { 'application/json': { schema: route.response } } }
    : route.produces
      ? { content: { [route.produces]: { schema: z.string() } } }
      : {};
  const problemAnswer = (description: string) => ({
    description,
    content: { 'application/problem+json': { schema: problem } },
  });
  const takesInput = route.params || route.query || route.body;
  return {
    summary: route.summary,
    tags: [route.tag],
    ...(route.access === 'public' ? { security: [] } : { description: `Takes the role ${route.access}.` }),
    requestParams: {
      ...(route.params && { path: route.params as z.ZodObject }),
      ...(route.query && { query: route.query as z.ZodObject }),
    },
    ...(route.body && { requestBody: { content: { 'application/json': { schema: route.body } } } }),
    responses: {
      [status]: { description: route.summary, ...success },
      ...(takesInput && { '400': problemAnswer('A field is wrong; it is named') }),
      ...(route.access !== 'public' && { '401': problemAnswer('Log in first') }),
      ...(route.params && { '404': problemAnswer('Unknown id') }),
      '503': problemAnswer('PostgreSQL or Redis is away'),
    },
  };
}
