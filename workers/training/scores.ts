const CLIP = 1e-15;

/** Share of rows whose probability is on their label's side of one half. */
export function accuracy(probabilities: ArrayLike<number>, labels: ArrayLike<number>): number {
  let right = 0;
  for (let i = 0; i < labels.length; i++) {
    if ((probabilities[i] as number) > 0.5 === (labels[i] === 1)) right++;
  }
  return right / labels.length;
}

/** Mean of -ln of the probability that was given to what came true. */
export function logLoss(probabilities: ArrayLike<number>, labels: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < labels.length; i++) {
    const probability = Math.min(1 - CLIP, Math.max(CLIP, probabilities[i] as number));
    sum -= Math.log(labels[i] === 1 ? probability : 1 - probability);
  }
  return sum / labels.length;
}

/**
 * Area under the ROC curve: the chance that a 1 is ranked above a 0, ties counting half; null where one is missing.
 * Mann and Whitney, https://doi.org/10.1214/aoms/1177730491
 */
export function areaUnderCurve(probabilities: ArrayLike<number>, labels: ArrayLike<number>): number | null {
  const order = Uint32Array.from({ length: labels.length }, (_, i) => i);
  order.sort((a, b) => (probabilities[a] as number) - (probabilities[b] as number));
  let positives = 0;
  let rankSum = 0;
  for (let start = 0; start < order.length; ) {
    let end = start;
    const value = probabilities[order[start] as number];
    while (end < order.length && probabilities[order[end] as number] === value) end++;
    const meanRank = (start + 1 + end) / 2;
    for (; start < end; start++) {
      if (labels[order[start] as number] !== 1) continue;
      positives++;
      rankSum += meanRank;
    }
  }
  const negatives = labels.length - positives;
  if (positives === 0 || negatives === 0) return null;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}
