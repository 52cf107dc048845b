import { Badge, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { positions } from '../../data/queries.ts';
import type { Account, Position } from '../../data/wire.ts';
import { ModeBadge, VenueBadge } from '../../parts/badges.tsx';
import { money, percent, price, signed, size } from '../../parts/format.ts';
import { Panel } from '../../parts/panel.tsx';
import { Loaded, Nothing } from '../../parts/states.tsx';

/** Paper money: cash, what the positions are worth now, and what became of the opening cash. */
export function AccountPanel() {
  const query = useQuery(positions());
  return (
    <Panel title="Positions and equity" aside={<ModeBadge mode="paper" />}>
      <Loaded query={query} empty="No autopilot yet: it opens its paper account at its first start.">
        {(accounts) =>
          accounts.map((account) => (
            <AccountFigures key={`${account.name} ${account.currency}`} account={account} />
          ))
        }
      </Loaded>
    </Panel>
  );
}

function AccountFigures({ account }: { account: Account }) {
  const { equity, opening, cash, currency } = account;
  const gain = equity === null ? null : Number(equity) - Number(opening);
  const held = account.positions.filter((position) => Number(position.size) !== 0);
  return (
    <>
      <dl className="facts">
        <div>
          <dt>Equity, {currency}</dt>
          <dd className="big" title={equity ?? undefined}>
            {equity === null ? '–' : money(equity)}
          </dd>
        </div>
        <div>
          <dt>Since opening, {currency}</dt>
          <dd className={gain === null || gain === 0 ? '' : gain > 0 ? 'up' : 'down'}>
            {gain === null ? '–' : signed(gain)}{' '}
            <Text span size="xs" inherit={false}>
              {gain === null ? '' : percent(gain / Number(opening))}
            </Text>
          </dd>
        </div>
        <div>
          <dt>Cash, {currency}</dt>
          <dd title={cash}>{money(cash)}</dd>
        </div>
        <div>
          <dt>Trades today</dt>
          <dd>
            {account.tradesToday} <span className="unit">of {account.dailyTradeLimit}</span>
          </dd>
        </div>
      </dl>
      <ul className="list" aria-label={`Positions of ${account.name}`}>
        <li>
          <div className="row">
            <span className="strong">{account.name}</span>
            <span className="row-end">
              <span className="unit">
                {account.strategy} · {account.interval}
              </span>
              <Badge color={account.enabled ? 'teal' : 'gray'} variant="light" radius="sm">
                {account.enabled ? 'on' : 'off'}
              </Badge>
            </span>
          </div>
        </li>
        {held.map((position) => (
          <PositionLine key={`${position.venue} ${position.symbol}`} position={position} />
        ))}
      </ul>
      {held.length === 0 && <Nothing>Flat: nothing is held now.</Nothing>}
    </>
  );
}

function PositionLine({ position }: { position: Position }) {
  const [base, quote] = position.symbol.split('/');
  const gain = position.unrealizedPnl;
  return (
    <li>
      <div className="row">
        <span className="strong">
          {position.symbol} {position.venue === 'sim' && <VenueBadge venue={position.venue} />}
        </span>
        <span className="number" title={position.value ?? undefined}>
          {position.value === null ? 'no price' : money(position.value)} <span className="unit">{quote}</span>
        </span>
      </div>
      <div className="row">
        <span className="unit number" title={`${position.size} at ${position.averagePrice}`}>
          {size(position.size)} {base} at {price(position.averagePrice)}
        </span>
        <span className={`number ${gain === null ? '' : Number(gain) >= 0 ? 'up' : 'down'}`}>
          {gain === null ? '' : signed(gain)}
        </span>
      </div>
    </li>
  );
}
