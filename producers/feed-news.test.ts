import { expect, test } from '@jest/globals';
import { FeedNews } from './feed-news.ts';

test('a feed that is lost is told once with its reason, and once when it is live again', () => {
  const told: string[] = [];
  const news = new FeedNews('kraken', (text) => told.push(text));
  news.take('connecting');
  news.take('live');
  expect(told).toEqual([]);
  for (const state of ['down', 'connecting', 'down', 'connecting', 'live', 'live'] as const)
    news.take(state, 'getaddrinfo ENOTFOUND ws.kraken.com');
  expect(told).toEqual([
    'feed kraken is down (getaddrinfo ENOTFOUND ws.kraken.com); trying again until it answers',
    'feed kraken is live again',
  ]);
});
