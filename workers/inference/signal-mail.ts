import type { NewMail } from '../../shared/db/outbox.ts';
import type { SignalRow } from '../../shared/db/signals.ts';

/** The mail of one signal; its key makes it the only one. */
export function signalMail(signal: SignalRow): NewMail {
  const { side, symbol, price, venue, interval, strategy, ts, details } = signal;
  const where = venue === 'sim' ? 'SIM (simulated exchange)' : venue;
  const figures = Object.entries(details).map(([name, value]) => `${name}: ${value}`);
  return {
    key: `signal:${signal.id}`,
    kind: 'signal',
    subject: `${side.toUpperCase()} ${symbol} at ${price} on ${where}`,
    body: [
      `${strategy} says ${side} ${symbol} on ${where}.`,
      '',
      `close: ${price}`,
      ...figures,
      `candle: ${interval}, closed ${new Date(ts).toISOString()}`,
      '',
    ].join('\n'),
  };
}
