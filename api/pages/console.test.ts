import { execFile } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Browser, chromium, type Page } from 'playwright-core';
import { ADMIN_PASSWORD, type TestApi, testApi } from '../../ops/testing/api.ts';
import { addProcesses, addScene } from '../../ops/testing/scene.ts';
import { addBadFrames } from '../../shared/db/bad-frames.ts';
import { addGap, saveGapOutcome } from '../../shared/db/gaps.ts';
import { saveRecordedFrom } from '../../shared/db/instruments.ts';
import { publishLive } from '../../shared/queue/live.ts';
import { ROOT } from '../root.ts';

const CHROMIUM = (process.env.PATH ?? '')
  .split(':')
  .flatMap((folder) => ['chromium', 'chromium-browser', 'google-chrome'].map((name) => join(folder, name)))
  .find((path) => existsSync(path));
const pageTest = CHROMIUM ? test : test.skip;
const why = CHROMIUM ? '' : ' (SKIPPED: there is no Chromium on PATH)';

const BAD_FRAME = {
  receivedAt: 1_795_000_000_000,
  reason: 'frame: not JSON',
  bytes: 30,
  head: '{"<img src=x onerror=alert(1)>',
  digest: '0'.repeat(64),
};

const GAP_REASON = 'SIM gives back only its newest 60 trades: those before are lost';

let api: TestApi;
let browser: Browser;
let endProcesses = async (): Promise<unknown> => undefined;

beforeAll(async () => {
  if (!CHROMIUM) return;
  if (!existsSync(join(ROOT, 'dist/api/console/index.html')))
    await promisify(execFile)(process.execPath, ['node_modules/vite/bin/vite.js', 'build', 'api/console'], {
      cwd: ROOT,
    });
  api = await testApi();
  await addScene(api.db.sql);
  await addUnfilledGap();
  await addBadFrames(api.db.sql, 'kraken', [BAD_FRAME]);
  endProcesses = addProcesses(api.redis.redis, 'test');
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await endProcesses();
  await api?.close();
});

pageTest.each([
  ['dark', 1440],
  ['light', 1440],
  ['dark', 390],
  ['light', 390],
] as const)(
  `after the login the page shows chart, signal, order and health (%s, %i px)${why}`,
  async (scheme, width) => {
    const page = await browser.newPage({
      viewport: { width, height: width > 700 ? 900 : 844 },
      colorScheme: scheme,
    });
    const complaints = listen(page);
    await page.goto(api.url);
    await page.getByLabel(/^Password/).waitFor();
    await shoot(page, `login-${scheme}-${width}`);
    await page.getByLabel(/^Password/).fill(ADMIN_PASSWORD);
    await page.getByRole('button', { name: 'Log in' }).click();

    await page.locator('.chart-canvas canvas').first().waitFor();
    await page.getByRole('table', { name: 'Latest signals' }).getByText('Ordered').waitFor();
    await page.getByRole('region', { name: 'Order flow' }).getByText('+25.00 %').waitFor();
    const orders = page.getByRole('table', { name: 'Latest orders' });
    await orders.getByText('FILLED', { exact: true }).waitFor();
    await orders.getByText('PAPER').waitFor();
    await orders.getByText('SIM').waitFor();
    await page.getByText('99,990.87').waitFor();
    await page.getByRole('table', { name: 'Queues' }).getByText('archive-0').waitFor();
    await page.getByText('Feed sim').waitFor();
    await page.getByRole('status').filter({ hasText: 'Live' }).waitFor();

    const price = {
      type: 'price',
      venue: 'sim',
      symbol: 'BTC/USDT',
      price: '61699.99',
      side: 'buy',
      ts: 1,
    } as const;
    await publishLive(api.redis.redis, 'test', [price]);
    await page.getByText('61,699.99').waitFor();
    await shoot(page, `overview-${scheme}-${width}`);

    await page.getByRole('link', { name: 'Coverage' }).click();
    await page.getByRole('table', { name: 'Completeness by day' }).getByText('50.0').waitFor();
    await page.getByText(GAP_REASON).waitFor();
    await page.getByRole('button', { name: 'Ask again' }).click();
    await page.getByRole('button', { name: 'Asked' }).waitFor();
    await shoot(page, `coverage-${scheme}-${width}`);

    for (const name of ['Tasks', 'Reports', 'Outbox']) {
      await page.getByRole('link', { name }).click();
      await page.getByRole('heading', { name }).waitFor();
      await shoot(page, `${name.toLowerCase()}-${scheme}-${width}`);
    }
    await page.getByRole('button', { name: 'Menu of admin' }).click();
    await page.getByRole('menuitem', { name: 'Bad frames' }).click();
    await page.getByText(BAD_FRAME.reason).click();
    await page.getByText(BAD_FRAME.head).waitFor();
    await shoot(page, `frames-${scheme}-${width}`);
    await page.getByRole('button', { name: 'Menu of admin' }).click();
    await page.getByRole('menuitem', { name: 'Venues' }).click();
    await page.getByText('binance:usdm').waitFor();
    await page.getByRole('switch', { name: 'Show ccxt’s too' }).click({ force: true });
    await page.getByLabel('Find an exchange').fill('htx');
    await page.getByText('ccxt:htx:swap').waitFor();
    await page
      .getByText(/^\d things$/)
      .first()
      .click();
    await page
      .getByText(/no sequence check/)
      .first()
      .waitFor();
    await shoot(page, `venues-${scheme}-${width}`);
    expect(await page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(complaints).toEqual([]);
    await page.context().close();
  },
);

pageTest(`a wrong password says so, and a lost server shows as offline${why}`, async () => {
  const page = await browser.newPage();
  await page.goto(api.url);
  await page.getByLabel(/^Password/).fill('not the password');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('alert').getByText('Name or password is wrong').waitFor();
  await page.getByLabel(/^Password/).fill(ADMIN_PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('status').filter({ hasText: 'Live' }).waitFor();
  await page.routeWebSocket(/live/, (socket) => socket.close());
  await page.reload();
  await page.getByRole('alert').getByText('The connection is lost').waitFor();
  await page.context().close();
});

pageTest(`Swagger UI and Bull Board work under our policy for scripts${why}`, async () => {
  const context = await browser.newContext({ extraHTTPHeaders: { Authorization: `Bearer ${api.token}` } });
  const page = await context.newPage();
  await page.goto(`${api.url}/docs`);
  await page.getByText('/retrain').waitFor();
  await shoot(page, 'docs');
  await page.goto(`${api.url}/queues`);
  await page.getByText('archive-0').nth(1).waitFor();
  await shoot(page, 'queues');
  await context.close();
});

/** A whole day on record yesterday, of which half is lost. */
async function addUnfilledGap(): Promise<void> {
  const { sql } = api.db;
  const of = { venue: 'sim', symbol: 'BTC/USDT' };
  const today = Math.floor(Date.now() / 86_400_000) * 86_400_000;
  const from = { id: '1', ts: today - 60_000_000 };
  await saveRecordedFrom(sql, { ...of, at: today - 86_400_000 });
  const gap = await addGap(sql, {
    ...of,
    ...{ cause: 'disconnect', detail: 'the venue closed', noticedAt: Date.now() },
    ...{ from, to: { id: '2', ts: from.ts + 43_200_000 } },
  });
  await saveGapOutcome(sql, gap, { state: 'unfillable', lost: null, reason: GAP_REASON });
}

/** What the page complains of. */
function listen(page: Page): string[] {
  page.setDefaultTimeout(10_000);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return complaints;
}

async function shoot(page: Page, name: string): Promise<void> {
  mkdirSync(join(ROOT, 'artifacts'), { recursive: true });
  await page.screenshot({ path: join(ROOT, 'artifacts', `${name}.png`), fullPage: true });
}
