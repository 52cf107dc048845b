import type { BookUpdate, Level, Trade } from '../../domain/market.ts';
import type { NumberedFrame } from '../numbered-frames.ts';
import { Scanner } from '../scanner.ts';
import type { BitfinexChannel } from './bitfinex-channels.ts';

/** What a frame says of a book: its levels, or its checksum. */
export type BitfinexChange = Pick<BookUpdate, 'kind' | 'bids' | 'asks' | 'checksum'>;

/** A numbered frame of a known channel; `repeat`: a trade in its second telling. */
export interface BitfinexRow extends NumberedFrame {
  channel: BitfinexChannel;
  said: Trade | BitfinexChange | 'repeat';
}

/**
 * Reads single trades, single levels and checksums as Bitfinex spells them on connections that number their frames;
 * undefined for all others, and for channels that are not in `channels`.
 */
export class BitfinexScan {
  /** The id of the trade that was read last. */
  tradeId = 0;
  readonly #scanner = new Scanner({ numbers: 'bare' });
  readonly #channels: ReadonlyMap<number, BitfinexChannel>;

  constructor(channels: ReadonlyMap<number, BitfinexChannel>) {
    this.#channels = channels;
  }

  read(frame: string, receivedAt: number): BitfinexRow | undefined {
    const scanner = this.#scanner;
    scanner.begin(frame);
    scanner.open();
    const channel = this.#channels.get(scanner.count());
    const said = channel && this.#readPayload(channel, receivedAt);
    if (!said) return undefined;
    scanner.comma();
    const number = scanner.count();
    scanner.comma();
    const ts = scanner.epoch(receivedAt);
    scanner.close();
    if (!scanner.done) return undefined;
    return { channel, said, number, ts, receivedAt, carries: channel.carries };
  }

  #readPayload({ kind, symbol }: BitfinexChannel, receivedAt: number): BitfinexRow['said'] | undefined {
    const scanner = this.#scanner;
    switch (kind) {
      case 'trades':
        if (scanner.passes(',"te",[')) return this.#readTrade(symbol, receivedAt);
        return scanner.passes(',"tu",[') ? this.#skipTrade() : undefined;
      case 'book':
        if (scanner.passes(',[')) return this.#readLevel();
        return scanner.passes(',"cs",') ? this.#readChecksum() : undefined;
      case 'quotes':
        return scanner.passes(',[') ? this.#readLevel() : undefined;
      default:
        return undefined;
    }
  }

  #readTrade(symbol: string, receivedAt: number): Trade {
    const scanner = this.#scanner;
    this.tradeId = scanner.count();
    const id = scanner.written;
    scanner.comma();
    const ts = scanner.epoch(receivedAt);
    scanner.comma();
    const side = scanner.passes('-') ? 'sell' : 'buy';
    const size = scanner.price();
    scanner.comma();
    const price = scanner.price();
    scanner.close();
    return { type: 'trade', venue: 'bitfinex', symbol, id, price, size, side, ts, receivedAt };
  }

  #skipTrade(): 'repeat' {
    const scanner = this.#scanner;
    scanner.count();
    scanner.comma();
    scanner.count();
    scanner.comma();
    scanner.skipNumber();
    scanner.comma();
    scanner.skipNumber();
    scanner.close();
    return 'repeat';
  }

  #readLevel(): BitfinexChange {
    const scanner = this.#scanner;
    const price = scanner.price();
    scanner.comma();
    const isGone = scanner.count() === 0;
    scanner.comma();
    const isAsk = scanner.passes('-');
    const size = scanner.price();
    scanner.close();
    const levels: Level[] = [[price, isGone ? '0' : size]];
    return isAsk ? { kind: 'delta', bids: [], asks: levels } : { kind: 'delta', bids: levels, asks: [] };
  }

  /** A CRC32 as a signed number. */
  #readChecksum(): BitfinexChange {
    const scanner = this.#scanner;
    const sign = scanner.passes('-') ? -1 : 1;
    const checksum = scanner.count();
    if (checksum > 0xffff_ffff) scanner.fail();
    return { kind: 'delta', bids: [], asks: [], checksum: sign * checksum };
  }
}
