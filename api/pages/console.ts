import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import express, { type IRouter, Router } from 'express';
import { hasSessionCookie } from '../auth/authenticate.ts';
import { unavailable } from '../http/problem.ts';
import { ROOT } from '../root.ts';

const FOLDER = join(ROOT, 'dist', 'api', 'console');
/** Stands in the built page where each answer's own nonce goes. */
const NONCE = '__NONCE__';
/** Stands there for `none` where the browser has no session, so that the page need not ask in vain. */
const SESSION = '__SESSION__';

/** The console's page and its assets; public, for they hold no data, and the login is one of its pages. */
export function consolePage(): IRouter {
  const router = Router();
  router.get('/', async (req, res) => {
    const page = await readFile(join(FOLDER, 'index.html'), 'utf8').catch(() => {
      throw unavailable('the console is not built: run npm run build');
    });
    const session = hasSessionCookie(req) ? 'some' : 'none';
    res.type('html').send(page.replaceAll(NONCE, res.locals.nonce).replace(SESSION, session));
  });
  const assets = { index: false, redirect: false, dotfiles: 'ignore' } as const;
  router.use(
    '/assets',
    express.static(join(FOLDER, 'assets'), { ...assets, immutable: true, maxAge: '365d' }),
  );
  router.get(['/favicon.svg', '/favicon.ico'], (_req, res) => res.sendFile('favicon.svg', { root: FOLDER }));
  return router;
}
