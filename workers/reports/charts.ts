import { BarChart, LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkLineComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { Span } from '../../shared/db/report-queries.ts';
import type { Side } from '../../shared/domain/market.ts';
import type { DayFacts } from './facts.ts';
import type { AccountDay, Point } from './ledger.ts';
import { INK, PALETTE } from './palette.ts';

const CHART_WIDTH = 912;
const FONT = 'Inter, Segoe UI, Helvetica Neue, Arial, sans-serif';

/** Equity of an account through the day, its opening value as a dashed line; SVG text. */
export function equityChart({ equity, openingEquity, currency }: AccountDay): string {
  const [[from] = [0], [to] = [0]] = [equity[0], equity.at(-1)];
  return draw(260, {
    ...frame(from, to),
    yAxis: valueAxis(currency, true),
    series: [
      {
        ...line(PALETTE[0]),
        data: equity,
        areaStyle: { color: PALETTE[0], opacity: 0.08, origin: 'start' },
        markLine: {
          silent: true,
          symbol: 'none',
          animation: false,
          label: { show: false },
          lineStyle: { color: INK.faint, type: [4, 4], width: 1 },
          data: [{ yAxis: openingEquity }],
        },
      },
    ],
  });
}

/** A symbol's price through the day with what the autopilots bought (▲) and sold (▼). */
export function priceChart(
  prices: readonly Point[],
  { from, to }: Span,
  deals: readonly { side: Side; ts: number; price: string }[],
  currency: string,
): string {
  const marks = (side: Side) => ({
    name: side === 'buy' ? 'bought' : 'sold',
    type: 'scatter',
    silent: true,
    symbol: side === 'buy' ? 'path://M5 0L10 10L0 10Z' : 'path://M0 0L10 0L5 10Z',
    symbolSize: 11,
    itemStyle: { color: side === 'buy' ? INK.gain : INK.loss, borderColor: '#fff', borderWidth: 1.5 },
    data: deals.filter((deal) => deal.side === side).map((deal) => [deal.ts, Number(deal.price)]),
    z: 5,
  });
  return draw(220, {
    ...frame(from, to),
    legend: legend(['bought', 'sold']),
    yAxis: valueAxis(currency, true),
    series: [{ ...line(PALETTE[3]), data: prices }, marks('buy'), marks('sell')],
  });
}

/** Archived trades by hour of the day, one colour a symbol. */
export function tradesChart({ tradesPerHour }: Pick<DayFacts, 'tradesPerHour'>): string {
  const names = [...new Set(tradesPerHour.map(nameOf))];
  const hours = Array.from({ length: 24 }, (_, hour) => hour);
  return draw(220, {
    grid: { ...GRID, top: 34 },
    legend: legend(names),
    xAxis: {
      type: 'category',
      data: hours.map((hour) => `${String(hour).padStart(2, '0')}:00`),
      ...AXIS,
      axisTick: { show: false },
      axisLabel: { ...AXIS.axisLabel, interval: 2 },
    },
    yAxis: valueAxis('trades', false),
    series: names.map((name, i) => ({
      name,
      type: 'bar',
      silent: true,
      stack: 'trades',
      barCategoryGap: '28%',
      itemStyle: { color: PALETTE[i % PALETTE.length] },
      data: hours.map(
        (hour) => tradesPerHour.find((row) => row.hour === hour && nameOf(row) === name)?.trades ?? 0,
      ),
    })),
  });
}

const nameOf = ({ venue, symbol }: { venue: string; symbol: string }) => `${symbol} on ${venue}`;

const AXIS = {
  axisLine: { lineStyle: { color: INK.rule } },
  axisTick: { lineStyle: { color: INK.rule } },
  axisLabel: { color: INK.soft, fontSize: 12, fontFamily: FONT },
};
const GRID = {
  left: 8,
  right: 14,
  top: 30,
  bottom: 4,
  outerBoundsMode: 'same',
  outerBoundsContain: 'axisLabel',
};

const frame = (from: number, to: number) => ({
  grid: GRID,
  useUTC: true,
  xAxis: {
    type: 'time',
    min: from,
    max: to,
    ...AXIS,
    axisLabel: { ...AXIS.axisLabel, formatter: '{HH}:{mm}', hideOverlap: true },
  },
});

const valueAxis = (name: string, scale: boolean) => ({
  type: 'value',
  ...(scale && { scale, min: padded(-1), max: padded(1) }),
  name,
  nameTextStyle: { color: INK.soft, fontSize: 12, align: 'right', fontFamily: FONT },
  splitNumber: 4,
  minInterval: scale ? 0 : 1,
  axisLabel: AXIS.axisLabel,
  splitLine: { lineStyle: { color: INK.hair } },
});

/** A flat curve gets a band of a thousandth around it; any other takes the axis that fits. */
const padded = (direction: 1 | -1) => (extent: { min: number; max: number }) =>
  extent.min === extent.max ? extent.min + direction * Math.max(1, Math.abs(extent.min) / 1_000) : undefined;

const line = (color: string) => ({
  type: 'line',
  silent: true,
  showSymbol: false,
  lineStyle: { color, width: 2 },
  itemStyle: { color },
});

const legend = (data: string[]) => ({
  data,
  selectedMode: false,
  right: 10,
  top: 0,
  itemWidth: 10,
  itemHeight: 10,
  itemGap: 18,
  textStyle: { color: INK.soft, fontSize: 12, fontFamily: FONT },
});

/** What only a chart with a script behind it would use. */
const FOR_POINTERS = / ecmeta_\w+="[^"]*"|<style ><!\[CDATA\[[^\]]*\]\]>\s*<\/style>/g;
const PARTS = [
  LineChart,
  BarChart,
  ScatterChart,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  SVGRenderer,
];

function draw(height: number, option: EChartsCoreOption): string {
  use(PARTS);
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: CHART_WIDTH, height });
  try {
    chart.setOption({ animation: false, textStyle: { fontFamily: FONT }, ...option });
    return chart.renderToSVGString().replace(FOR_POINTERS, '');
  } finally {
    chart.dispose();
  }
}
