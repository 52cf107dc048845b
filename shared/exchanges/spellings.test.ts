import { expect, test } from '@jest/globals';
import { Spellings } from './spellings.ts';

const symbols = new Spellings([
  ['BTC', 'BTC/USD'],
  ['BTCUSDT', 'BTC/USDT'],
  ['ETHUSDT', 'ETH/USDT'],
]);

/** What the list of texts stands for, read one after the other. */
function readAll(text: string): (string | undefined)[] {
  const found: (string | undefined)[] = [];
  for (let at = 0; at < text.length; ) {
    const end = symbols.find(text, at);
    found.push(end === -1 ? undefined : symbols.found);
    at = text.indexOf('"', at) + 1;
  }
  return found;
}

test('a guess that is wrong, or only the beginning of the text, is no answer', () => {
  const text = 'BTC"BTC"BTCUSDT"ETHUSDT"BTC"BTC"ETHUSDT"BTC"XRP"BTC"BTCUSD"BTCUSDT"';
  const [btc, usdt, eth] = ['BTC/USD', 'BTC/USDT', 'ETH/USDT'];
  const meant = [btc, btc, usdt, eth, btc, btc, eth, btc, undefined, btc, undefined, usdt];
  for (let turn = 0; turn < 3; turn++) expect(readAll(text)).toEqual(meant);
});

test('a text without a quote behind it is not known', () => {
  expect(symbols.find('BTC', 0)).toBe(-1);
});
