import { expect, test } from '@jest/globals';
import { loadConfig } from '../../shared/config.ts';
import { checkExchanges } from './checks.ts';

const check = (settings: Record<string, string>) => checkExchanges(loadConfig(settings));

test('an exchange without a symbol and a symbol without an exchange are said, and keep nobody from starting', async () => {
  expect(await check({ SUPPORTED_EXCHANGES: 'sim,binance:usdm', SYMBOLS: 'BTC/USDT,BTC/USD:BTC' })).toEqual([
    'SYMBOLS has nothing for binance:usdm: it takes linear swap and linear future symbols, such as BTC/USDT:USDT or BTC/USDT:USDT-270326',
    'nobody records BTC/USD:BTC: no exchange of SUPPORTED_EXCHANGES takes inverse swap symbols',
  ]);
});

test('settings that fit leave nothing to say', async () => {
  const settings = {
    SUPPORTED_EXCHANGES: 'binance,binance:usdm,ccxt:htx',
    SYMBOLS: 'BTC/USDT,BTC/USDT:USDT',
  };
  expect(await check(settings)).toEqual([]);
});

test.each([
  [
    { SUPPORTED_EXCHANGES: 'binance:margin' },
    /SUPPORTED_EXCHANGES=binance:margin is not valid: .*binance:usdm/,
  ],
  [
    { SUPPORTED_EXCHANGES: 'sim,ccxt:binanc' },
    /SUPPORTED_EXCHANGES=sim,ccxt:binanc .*did you mean ccxt:binance/,
  ],
  [
    { SUPPORTED_EXCHANGES: 'binance:usdm', INTERVALS: '1s' },
    /INTERVALS=1s .*has no 1s candles, use some of 1m/,
  ],
  [
    { SUPPORTED_EXCHANGES: 'ccxt:htx', INTERVALS: '1s' },
    /INTERVALS=1s .*HTX spot \(ccxt\) has no 1s candles/,
  ],
])('%j is refused with what there is', async (settings, sentence) => {
  await expect(check(settings)).rejects.toThrow(sentence);
});
