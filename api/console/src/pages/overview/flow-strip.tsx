import { Group, Text, Tooltip } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lastOrderFlow, type Market } from '../../data/queries.ts';
import { basisPoints, percent, size } from '../../parts/format.ts';

/** What the book says of supply and demand just now; nothing while no facts are archived. */
export function FlowStrip({ market }: { market: Market }) {
  const flow = useQuery(lastOrderFlow(market)).data?.at(-1);
  if (!flow) return null;
  const side = flow.imbalance >= 0 ? 'up' : 'down';
  return (
    <Group px="md" py={8} aria-label="Order flow" component="section" className="facts-strip number">
      <Fact name="Spread" told="best ask − best bid">
        {basisPoints(flow.spreadBp)}
      </Fact>
      <Fact name="Imbalance" told="bids against asks over the best 10 levels: + more bids, − more asks">
        <span className={side}>{percent(flow.imbalance)}</span>
      </Fact>
      <Fact name={`Depth ±${flow.depthBp} bp`} told="size that rests near the mid price: bids / asks">
        {size(flow.bidDepth)} / {size(flow.askDepth)}
      </Fact>
      <Fact
        name={`Slippage of ${flow.notional.toLocaleString('en-US')}`}
        told="what a market order of this notional pays beyond the mid price: buy / sell"
      >
        {basisPoints(flow.buySlippageBp)} / {basisPoints(flow.sellSlippageBp)}
      </Fact>
    </Group>
  );
}

function Fact({ name, told, children }: { name: string; told: string; children: React.ReactNode }) {
  return (
    <Tooltip label={told} openDelay={300}>
      <Text size="xs" c="dimmed" className="nowrap">
        {name}{' '}
        <Text span size="xs" c="var(--mantine-color-text)">
          {children}
        </Text>
      </Text>
    </Tooltip>
  );
}
