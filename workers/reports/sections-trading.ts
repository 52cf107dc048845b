import type { OrderOfDay } from '../../shared/db/report-queries.ts';
import { Decimal } from '../../shared/domain/decimal.ts';
import { quoteCurrency } from '../../shared/domain/symbols.ts';
import { equityChart, priceChart } from './charts.ts';
import type { DayFacts } from './facts.ts';
import { count, exact, money, percent, signed, time } from './format.ts';
import { Html, html } from './html.ts';
import type { AccountDay, DayFill } from './ledger.ts';

/** Longer tables are cut, and say so: the console has every row. */
const MAX_ROWS = 200;
const MAX_PRICE_CHARTS = 6;

/** Each account's figures, equity curve and holdings, and the prices it dealt at. */
export function accountsSection(facts: DayFacts): Html {
  if (facts.accounts.length === 0)
    return html`<h2>Equity</h2><div class="card"><p class="empty">No account is open: no autopilot has been started.</p></div>`;
  return html`${facts.accounts.map((account) => accountPart(account, facts))}${pricePart(facts)}`;
}

export function ordersSection({ orders, accounts }: DayFacts): Html {
  if (orders.length === 0) return emptySection('Orders', 'No order was placed.');
  const realized = realizedByOrder(accounts);
  return html`<h2>Orders <small>${count(orders.length)} placed</small></h2><div class="card"><div class="scroll"><table>
<tr><th>Time</th><th>Side</th><th>Symbol</th><th class="n">Size</th><th class="n">Price</th><th class="n">Value</th><th class="n">Fee</th><th class="n">Realised</th><th>State</th></tr>
${orders.slice(-MAX_ROWS).map((order) => orderRow(order, realized.get(order.id)))}</table></div>${cutNote(orders.length)}</div>`;
}

export function signalsSection({ signals }: DayFacts): Html {
  if (signals.length === 0) return emptySection('Signals', 'No strategy gave a signal.');
  return html`<h2>Signals <small>${count(signals.length)} found, ${count(signals.filter(({ outcome }) => outcome === 'ordered').length)} became orders</small></h2>
<div class="card"><div class="scroll"><table>
<tr><th>Time</th><th>Side</th><th>Symbol</th><th>Strategy</th><th class="n">Price</th><th>What became of it</th></tr>
${signals.slice(-MAX_ROWS).map(
  (signal) => html`<tr><td class="w">${time(signal.ts)}</td><td>${sideMark(signal.side)}</td>
<td class="w">${signal.symbol} <span class="soft">${signal.venue}</span></td>
<td class="w">${signal.strategy} <span class="soft">${signal.interval}</span></td><td class="n">${exact(signal.price)}</td>
<td class="reason">${signal.outcome ? `${signal.outcome}: ${signal.reason ?? ''}` : 'not decided'}</td></tr>`,
)}</table></div>${cutNote(signals.length)}</div>`;
}

function accountPart(account: AccountDay, { orders }: DayFacts): Html {
  const { autopilot, currency, openingEquity, closingEquity } = account;
  const change = closingEquity - openingEquity;
  const share = openingEquity > 0 ? change / openingEquity : 0;
  const placed = orders.filter(
    (order) => order.autopilot === autopilot && quoteCurrency(order.symbol) === currency,
  );
  const sales = account.fills.filter(({ realizedPnl }) => realizedPnl !== null);
  return html`<h2>${autopilot} <small>paper account in ${currency}</small></h2>
<dl class="figures">
${figure('Equity', money(closingEquity), `opened at ${money(openingEquity)}`)}
${figure('Change', signed(change), `${signed(share * 100)} %`, change)}
${figure('Realised P&L', signed(account.realizedPnl), sales.length ? `${count(sales.length)} closing ${sales.length === 1 ? 'fill' : 'fills'}, before fees` : 'nothing was closed', Number(account.realizedPnl))}
${figure('Fees', money(account.fees), `${count(placed.length)} ${placed.length === 1 ? 'order' : 'orders'}`)}
${figure('Deepest fall', percent(account.maxDrawdown, 2), 'from a peak of the day')}
</dl>
<div class="card"><h3>Equity <small>${currency}, five-minute steps</small></h3>${new Html(equityChart(account))}</div>
${holdingsPart(account)}`;
}

function holdingsPart({ holdings, cash, currency }: AccountDay): Html {
  const rows = holdings.map(
    (
      held,
    ) => html`<tr><td>${held.symbol} <span class="soft">${held.venue}</span></td><td class="n">${exact(held.size)}</td>
<td class="n">${money(held.averagePrice)}</td><td class="n">${held.price === null ? 'unknown' : money(held.price)}</td>
<td class="n">${money(held.value)}</td><td class="n ${tone(unrealized(held))}">${signed(unrealized(held))}</td></tr>`,
  );
  return html`<div class="card"><h3>Holdings <small>at the end, in ${currency}</small></h3><div class="scroll"><table>
<tr><th>What</th><th class="n">Size</th><th class="n">Entry</th><th class="n">Price</th><th class="n">Value</th><th class="n">Unrealised</th></tr>
${rows}<tr><td>Cash</td><td></td><td></td><td></td><td class="n">${money(cash)}</td><td></td></tr></table></div></div>`;
}

const unrealized = (held: AccountDay['holdings'][number]) =>
  held.price === null ? 0 : held.value - Number(held.averagePrice) * Number(held.size);

/** The price of every symbol that was dealt in, with the deals. */
function pricePart({ accounts, prices, span }: DayFacts): Html {
  const fills = accounts.flatMap((account) => account.fills);
  const dealt = [...new Set(fills.map(nameOf))].slice(0, MAX_PRICE_CHARTS);
  return html`${dealt.map((name) => {
    const points = prices
      .filter((step) => nameOf(step) === name)
      .map(({ ts, price }) => [ts, price] as [number, number]);
    if (points.length < 2) return null;
    const deals = fills.filter((fill) => nameOf(fill) === name);
    const currency = quoteCurrency(deals[0]?.symbol ?? '');
    return html`<div class="card"><h3>${name} <small>price and our deals</small></h3>${new Html(priceChart(points, span, deals, currency))}</div>`;
  })}`;
}

const nameOf = ({ venue, symbol }: { venue: string; symbol: string }) => `${symbol} on ${venue}`;

function orderRow(order: OrderOfDay, realized: Decimal | undefined): Html {
  const value = order.averagePrice && new Decimal(order.averagePrice).times(order.filled).toFixed();
  const filled = order.state === 'FILLED' ? '' : ` (${exact(order.filled)} filled)`;
  return html`<tr><td class="w">${time(order.createdAt)}</td><td>${sideMark(order.side)}</td>
<td class="w">${order.symbol} <span class="soft">${order.venue}</span></td><td class="n">${exact(order.size)}</td>
<td class="n">${order.averagePrice ? money(order.averagePrice) : '–'}</td><td class="n">${value ? money(value) : '–'}</td>
<td class="n">${money(order.fee)}</td><td class="n ${realized ? tone(realized.toNumber()) : ''}">${realized ? signed(realized.toFixed()) : '–'}</td>
<td>${order.state.toLowerCase()}${filled}${order.reason && html` <span class="soft">${order.reason}</span>`}</td></tr>`;
}

/** What the sales of each order made. */
function realizedByOrder(accounts: readonly AccountDay[]): Map<string, Decimal> {
  const sums = new Map<string, Decimal>();
  for (const { orderId, realizedPnl } of accounts.flatMap((account): DayFill[] => account.fills)) {
    if (realizedPnl !== null) sums.set(orderId, (sums.get(orderId) ?? new Decimal(0)).plus(realizedPnl));
  }
  return sums;
}

const figure = (name: string, value: string, note: string, toneOf = 0): Html =>
  html`<div class="figure"><dt>${name}</dt><dd><span class="${tone(toneOf)}">${value}</span><small>${note}</small></dd></div>`;

const tone = (value: number) => (value > 0.005 ? 'gain' : value < -0.005 ? 'loss' : '');

const sideMark = (side: string) =>
  html`<span class="side ${side === 'buy' ? 'gain' : 'loss'}">${side}</span>`;

const emptySection = (title: string, sentence: string) =>
  html`<h2>${title}</h2><div class="card"><p class="empty">${sentence}</p></div>`;

const cutNote = (rows: number) =>
  rows > MAX_ROWS &&
  html`<p class="soft">The last ${MAX_ROWS} of ${count(rows)}; the console lists them all.</p>`;
