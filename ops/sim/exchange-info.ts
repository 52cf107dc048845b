import { type Listing, toWire } from './listing.ts';
import { RestError } from './rest-error.ts';
import type { SimVenue } from './venue.ts';

export const WEIGHT_PER_MINUTE = 6_000;

/** `GET /api/v3/exchangeInfo`: limits, and each symbol with its filters; `symbol` or `symbols` narrow it. */
export function exchangeInfo(venue: SimVenue, query: URLSearchParams, at: number) {
  const wanted = wantedSymbols(query);
  const markets = [...venue.markets.values()].filter(({ listing }) => !wanted || wanted.includes(listing.id));
  if (wanted && markets.length !== new Set(wanted).size) throw new RestError(-1121, 'Invalid symbol.');
  return {
    timezone: 'UTC',
    serverTime: at,
    rateLimits: [
      { rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: WEIGHT_PER_MINUTE },
    ],
    exchangeFilters: [],
    symbols: markets.map(({ listing }) => describe(listing)),
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
  throw new RestError(-1100, "Illegal characters found in parameter 'symbols'.");
}

function describe(listing: Listing) {
  const { id, base, quote, priceDecimals, sizeDecimals } = listing;
  const tick = toWire(1, priceDecimals);
  const lot = toWire(1, sizeDecimals);
  return {
    symbol: id,
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
