import type { Funding, Mark, Origin } from '../../domain/market.ts';
import { type Fields, readCount, readEpoch, readPositive, readSigned } from '../fields.ts';

/**
 * Mark price, index price and funding of a `markPriceUpdate`; dated contracts have no funding (`r` is empty, `T` 0).
 * https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Mark-Price-Stream
 */
export function readBinanceMarks(raw: Fields, symbol: string, receivedAt: number): (Mark | Funding)[] {
  const ts = readEpoch(raw.E, receivedAt, 'E');
  const origin: Origin = { venue: 'binance', symbol, ts, receivedAt };
  const mark: Mark = { type: 'mark', ...origin, price: readPositive(raw.p, 'p') };
  if (raw.i !== undefined && raw.i !== '') mark.indexPrice = readPositive(raw.i, 'i');
  if (raw.r === '' || raw.r === undefined || readCount(raw.T, 'T') === 0) return [mark];
  const rate = readSigned(raw.r, 'r');
  return [mark, { type: 'funding', ...origin, rate, nextFundingTs: readEpoch(raw.T, receivedAt, 'T') }];
}
