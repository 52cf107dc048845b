import { Paper } from '@mantine/core';
import { lazy, Suspense } from 'react';
import type { Me } from '../data/wire.ts';
import { Waiting } from '../parts/states.tsx';
import { AccountPanel } from './overview/account-panel.tsx';
import { FlowStrip } from './overview/flow-strip.tsx';
import { useMarket } from './overview/market.ts';
import { MarketHead } from './overview/market-head.tsx';
import { OrdersPanel } from './overview/orders-panel.tsx';
import { ProcessesPanel } from './overview/processes-panel.tsx';
import { QueuesPanel } from './overview/queues-panel.tsx';
import { SignalsPanel } from './overview/signals-panel.tsx';

const ChartPanel = lazy(() => import('../chart/chart-panel.tsx'));

/** The market on the left, what it did to the account and to the machine on the right. */
export default function OverviewPage({ me }: { me: Me }) {
  const [market, setMarket] = useMarket(me);
  return (
    <div className="overview">
      <div className="column">
        <Paper
          component="section"
          withBorder
          radius="md"
          className="panel"
          aria-label={`Market ${market.symbol}`}
        >
          <MarketHead me={me} market={market} onChange={setMarket} />
          <FlowStrip market={market} />
          <Suspense fallback={<Waiting rows={8} />}>
            <ChartPanel market={market} />
          </Suspense>
        </Paper>
        <div className="pair">
          <SignalsPanel market={market} />
          <OrdersPanel />
        </div>
      </div>
      <div className="column">
        <AccountPanel />
        <ProcessesPanel />
        <QueuesPanel />
      </div>
    </div>
  );
}
