import type { Call } from '../dialect.ts';
import { type Listing, toWire } from '../listing.ts';
import { binanceError } from '../rest-error.ts';
import type { BinanceMarket } from './binance.ts';

const WEIGHT_PER_MINUTE: Record<BinanceMarket, number> = { spot: 6_000, usdm: 2_400, coinm: 2_400 };

/** `GET …/exchangeInfo`: limits, and each symbol with its filters; `symbol` or `symbols` narrow it. */
export function exchangeInfo(market: BinanceMarket, { query, at, markets }: Call) {
  const wanted = wantedSymbols(query);
  const listed = markets().filter(([wire]) => !wanted || wanted.includes(wire));
  if (wanted && listed.length !== new Set(wanted).size) throw binanceError(-1121, 'Invalid symbol.');
  return {
    timezone: 'UTC',
    serverTime: at,
    rateLimits: [
      {
        rateLimitType: 'REQUEST_WEIGHT',
        interval: 'MINUTE',
        intervalNum: 1,
        limit: WEIGHT_PER_MINUTE[market],
      },
    ],
    exchangeFilters: [],
    symbols: listed.map(([wire, { listing }]) =>
      market === 'spot' ? describe(listing) : describeContract(market, wire, listing),
    ),
  };
}

function wantedSymbols(query: URLSearchParams): string[] | undefined {
  const one = query.get('symbol');
  if (one) return [one];
  const many = query.get('symbols');
  if (!many) return undefined;
  try {
    const names: unknown = JSON.parse(many);
    if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names;
  } catch {
    // The refusal below is the answer to bad JSON, too.
  }
  throw binanceError(-1100, "Illegal characters found in parameter 'symbols'.");
}

function describe(listing: Listing) {
  const { base, quote, priceDecimals, sizeDecimals } = listing;
  const tick = toWire(1, priceDecimals);
  const lot = toWire(1, sizeDecimals);
  return {
    symbol: base + quote,
    status: 'TRADING',
    baseAsset: base,
    baseAssetPrecision: 8,
    quoteAsset: quote,
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    baseCommissionPrecision: 8,
    quoteCommissionPrecision: 8,
    orderTypes: ['LIMIT', 'LIMIT_MAKER', 'MARKET'],
    icebergAllowed: false,
    ocoAllowed: false,
    quoteOrderQtyMarketAllowed: true,
    allowTrailingStop: false,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: [
      { filterType: 'PRICE_FILTER', minPrice: tick, maxPrice: '10000000.00000000', tickSize: tick },
      { filterType: 'LOT_SIZE', minQty: lot, maxQty: '9000000.00000000', stepSize: lot },
      {
        filterType: 'MARKET_LOT_SIZE',
        minQty: '0.00000000',
        maxQty: '9000000.00000000',
        stepSize: '0.00000000',
      },
      {
        filterType: 'NOTIONAL',
        minNotional: '5.00000000',
        applyMinToMarket: true,
        maxNotional: '9000000.00000000',
        applyMaxToMarket: false,
        avgPriceMins: 5,
      },
    ],
    permissions: ['SPOT'],
    permissionSets: [['SPOT']],
    defaultSelfTradePreventionMode: 'EXPIRE_MAKER',
    allowedSelfTradePreventionModes: ['EXPIRE_MAKER'],
  };
}

function describeContract(market: BinanceMarket, wire: string, listing: Listing) {
  const { base, quote, kind, expiry, priceDecimals, sizeDecimals } = listing;
  const state = market === 'usdm' ? { status: 'TRADING' } : { contractStatus: 'TRADING', contractSize: 100 };
  return {
    symbol: wire,
    pair: base + quote,
    contractType: expiry ? 'CURRENT_QUARTER' : 'PERPETUAL',
    ...state,
    baseAsset: base,
    quoteAsset: quote,
    marginAsset: kind === 'inverse' ? base : quote,
    pricePrecision: priceDecimals,
    quantityPrecision: sizeDecimals,
    filters: [
      {
        filterType: 'PRICE_FILTER',
        minPrice: toWire(1, priceDecimals),
        maxPrice: '10000000',
        tickSize: toWire(1, priceDecimals),
      },
      {
        filterType: 'LOT_SIZE',
        minQty: toWire(1, sizeDecimals),
        maxQty: '9000000',
        stepSize: toWire(1, sizeDecimals),
      },
    ],
  };
}
