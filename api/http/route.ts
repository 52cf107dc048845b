import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { Role, User } from '../../shared/db/users.ts';
import type { Session } from '../auth/authenticate.ts';
import type { ApiDeps } from '../deps.ts';

/** Who may call: anyone at all, or a user of at least this role. */
export type Access = 'public' | Role;

type Shape = z.ZodType | undefined;
type Parsed<S extends Shape> = S extends z.ZodType ? z.output<S> : undefined;

/** What a handler gets: everything parsed, and the user unless the route is public. */
export interface Input<P extends Shape, Q extends Shape, B extends Shape> {
  params: Parsed<P>;
  query: Parsed<Q>;
  body: Parsed<B>;
  session: Session | undefined;
  /** For headers and addresses; the answer itself is what the handler returns. */
  http: { req: Request; res: Response };
}

/**
 * One verb on one resource. The table of these makes the Express routes, the policy and the OpenAPI document: what
 * is not in it does not exist.
 */
export interface Route<
  P extends Shape = Shape,
  Q extends Shape = Shape,
  B extends Shape = Shape,
  R extends Shape = Shape,
> {
  method: 'get' | 'post';
  /** With `{name}` for parameters, as OpenAPI has it. */
  path: string;
  access: Access;
  /** One line for the documentation. */
  summary: string;
  tag: string;
  params?: P;
  query?: Q;
  body?: B;
  /** Of the answer; 200 when absent. */
  status?: number;
  /** Shape of a JSON answer: what it does not name is not sent. Text answers name their media type in `produces`. */
  response?: R;
  produces?: string;
  /** How long it may take, ms, where that is more than a query to a database takes. */
  patienceMs?: number;
  /** A fixed bearer token that opens this route as a login does. */
  bearer?: (deps: ApiDeps) => string | undefined;
  handler(input: Input<P, Q, B>, deps: ApiDeps): Promise<Returned<R>>;
}

type Returned<R extends Shape> = R extends z.ZodType ? z.input<R> : string | undefined;

/** Checks the pieces of a route against each other, then forgets their types but for the answer's. */
export function defineRoute<
  P extends Shape = undefined,
  Q extends Shape = undefined,
  B extends Shape = undefined,
  R extends Shape = undefined,
>(route: Route<P, Q, B, R>): Route & { response?: R } {
  return route as unknown as Route & { response?: R };
}

/** The user of a route that is not public. */
export function userOf(input: { session: Session | undefined }): User {
  if (!input.session) throw new Error('this route is public, it has no user');
  return input.session.user;
}
