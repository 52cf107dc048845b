/** The mean of the last `period` values at each place; null until there are so many. */
export function movingAverage(values: readonly number[], period: number): (number | null)[] {
  let sum = 0;
  return values.map((value, index) => {
    sum += value - (index >= period ? (values[index - period] ?? 0) : 0);
    return index >= period - 1 ? sum / period : null;
  });
}

/** The mean of the last `period` values alone. */
export function lastAverage(values: readonly number[], period: number): number | null {
  if (values.length < period) return null;
  return values.slice(-period).reduce((sum, value) => sum + value, 0) / period;
}
