import express, {
  type ErrorRequestHandler,
  type IRouter,
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
  Router,
} from 'express';
import type { z } from 'zod';
import { authenticate, bearsToken, mayAct, type Session } from '../auth/authenticate.ts';
import type { ApiDeps } from '../deps.ts';
import { withDeadline } from './deadline.ts';
import { Problem, toProblem, unauthorized } from './problem.ts';
import type { Access, Route } from './route.ts';
import { isSameOrigin } from './same-origin.ts';

const parseJson = express.json({ limit: 100 * 1024, inflate: false, type: 'application/json' });

/** The routes of the table as an Express router: authorise, read, parse, handle, answer. */
export function mountRoutes(routes: readonly Route[], deps: ApiDeps): IRouter {
  const router = Router({ caseSensitive: true });
  for (const route of routes) {
    const read = route.method === 'post' ? [checkWrite, parseJson] : [];
    router[route.method](
      route.path.replace(/\{(\w+)\}/g, ':$1'),
      authorise(deps, route.access, route.bearer),
      ...read,
      handle(route, deps),
    );
  }
  return router;
}

/** Lets a request through when it has a session of the role; 401 or 403 otherwise. */
export function authorise(deps: ApiDeps, access: Access, bearer?: Route['bearer']): RequestHandler {
  return async (req, res, next) => {
    if (access === 'public' || (bearer && bearsToken(req, bearer(deps)))) return next();
    const session = await withDeadline(() => authenticate(deps, req));
    if (!session) throw unauthorized();
    if (!mayAct(session.user, access)) throw new Problem(403, `this takes the role ${access}`);
    res.locals.session = session;
    next();
  };
}

/** What no route of the table answered: nobody without a login learns what exists. */
export function unlisted(deps: ApiDeps): RequestHandler[] {
  return [
    authorise(deps, 'viewer'),
    (_req, _res, next) => next(new Problem(404, 'there is nothing at this address: see /docs')),
  ];
}

/** The last handler: every error becomes problem+json; a defect is logged and told in general words only. */
export function answerErrors({ log }: ApiDeps): ErrorRequestHandler {
  return (error: unknown, req: Request, res: Response, _next: NextFunction) => {
    const problem = toProblem(error) ?? new Problem(500, 'a defect on our side: it has been logged');
    if (problem.status === 500)
      log.error({ err: error, method: req.method, path: req.path }, 'request failed');
    if (res.headersSent) return void res.end();
    res.status(problem.status).set(problem.headers).type('application/problem+json');
    res.send(JSON.stringify(problem));
  };
}

/** A write comes from a page of ours or from a program, never from a form of another site. */
const checkWrite: RequestHandler = (req, _res, next) => {
  if (!isSameOrigin(req)) throw new Problem(403, 'a write must come from the same origin');
  const hasBody = 'transfer-encoding' in req.headers || Number(req.headers['content-length'] ?? 0) > 0;
  const hasType = req.headers['content-type'] !== undefined;
  if ((hasBody || hasType) && !/^application\/json\s*(;|$)/i.test(req.headers['content-type'] ?? ''))
    throw new Problem(415, 'the body must be application/json, uncompressed');
  next();
};

function handle(route: Route, deps: ApiDeps): RequestHandler {
  return async (req, res) => {
    const input = {
      params: parse(route.params, req.params),
      query: parse(route.query, req.query),
      body: parse(route.body, req.body ?? {}),
      session: res.locals.session as Session | undefined,
      http: { req, res },
    };
    const result = await withDeadline(() => route.handler(input, deps), route.patienceMs);
    res.status(route.status ?? (res.statusCode || 200));
    if (route.produces) res.type(route.produces).send(result);
    else if (route.response) res.json(route.response.parse(result));
    else res.status(204).end();
  };
}

/** @throws {Problem} 400 that names each bad field */
function parse(schema: z.ZodType | undefined, value: unknown): unknown {
  if (!schema) return undefined;
  const parsed = schema.safeParse(value, { error: inWords });
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map((issue) => ({
    field: issue.path.join('.') || (issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : 'body'),
    message: issue.message,
  }));
  throw new Problem(400, `${errors[0]?.field}: ${errors[0]?.message}`, { errors });
}

/** Words for a person where the schema has none of its own. */
const inWords: z.core.$ZodErrorMap = (issue) => {
  if (issue.input === undefined) return 'is missing';
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.join(', ')}`;
  if (issue.code === 'unrecognized_keys') return 'is not known here';
  return undefined;
};
