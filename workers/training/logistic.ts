/** Rows of `width` numbers each, one after the other, and a label of 0 or 1 for each row. */
export interface Examples {
  x: Float64Array;
  y: Uint8Array;
  width: number;
}

export interface Logistic {
  intercept: number;
  weights: number[];
  iterations: number;
  converged: boolean;
}

const MAX_ITERATIONS = 50;
const TOLERANCE = 1e-8;

/**
 * Logistic regression by Newton's method: minimises the summed log loss + `l2`/2 · |weights|², the intercept free.
 *
 * The penalty keeps separable data finite and a constant feature at weight 0. A step that does not lower the loss is
 * halved. Deterministic. Hastie, Tibshirani, Friedman, The Elements of Statistical Learning, 4.4.1.
 */
export function fitLogistic(data: Examples, l2: number, onIteration = (_iteration: number) => {}): Logistic {
  const size = data.width + 1;
  let beta = new Float64Array(size);
  let loss = penalisedLoss(data, beta, l2);
  for (let iteration = 1; iteration <= MAX_ITERATIONS; iteration++) {
    onIteration(iteration);
    const { gradient, hessian } = derivatives(data, beta, l2);
    const step = solveCholesky(hessian, gradient, size);
    let next = beta;
    let nextLoss = Number.POSITIVE_INFINITY;
    for (let scale = 1; nextLoss > loss && scale > 1e-6; scale /= 2) {
      next = beta.map((value, j) => value - scale * (step[j] as number));
      nextLoss = penalisedLoss(data, next, l2);
    }
    if (nextLoss > loss) return asModel(beta, iteration, true);
    const moved = Math.max(...next.map((value, j) => Math.abs(value - (beta[j] as number))));
    beta = next;
    loss = nextLoss;
    if (moved < TOLERANCE) return asModel(beta, iteration, true);
  }
  return asModel(beta, MAX_ITERATIONS, false);
}

/** The probability of label 1 for each row. */
export function predictLogistic(
  { intercept, weights }: Pick<Logistic, 'intercept' | 'weights'>,
  x: Float64Array,
): Float64Array {
  const width = weights.length;
  return Float64Array.from({ length: x.length / width }, (_, row) => {
    let score = intercept;
    for (let j = 0; j < width; j++) score += (weights[j] as number) * (x[row * width + j] as number);
    return 1 / (1 + Math.exp(-score));
  });
}

const asModel = (beta: Float64Array, iterations: number, converged: boolean): Logistic => ({
  intercept: beta[0] as number,
  weights: [...beta.subarray(1)],
  iterations,
  converged,
});

function penalisedLoss({ x, y, width }: Examples, beta: Float64Array, l2: number): number {
  let loss = 0;
  for (let row = 0; row < y.length; row++) {
    const score = scoreOf(x, row * width, width, beta);
    loss += Math.max(score, 0) - (y[row] as number) * score + Math.log1p(Math.exp(-Math.abs(score)));
  }
  for (let j = 1; j <= width; j++) loss += (l2 / 2) * (beta[j] as number) ** 2;
  return loss;
}

/** Gradient and the lower half of the Hessian at `beta`; index 0 is the intercept. */
function derivatives({ x, y, width }: Examples, beta: Float64Array, l2: number) {
  const size = width + 1;
  const gradient = new Float64Array(size);
  const hessian = new Float64Array(size * size);
  const values = new Float64Array(size).fill(1);
  for (let row = 0; row < y.length; row++) {
    const score = scoreOf(x, row * width, width, beta);
    const probability = 1 / (1 + Math.exp(-score));
    const residual = probability - (y[row] as number);
    const curvature = probability * (1 - probability);
    values.set(x.subarray(row * width, (row + 1) * width), 1);
    for (let i = 0; i < size; i++) {
      const value = values[i] as number;
      gradient[i] = (gradient[i] as number) + residual * value;
      const weighted = curvature * value;
      for (let j = 0; j <= i; j++) {
        hessian[i * size + j] = (hessian[i * size + j] as number) + weighted * (values[j] as number);
      }
    }
  }
  for (let i = 1; i < size; i++) {
    gradient[i] = (gradient[i] as number) + l2 * (beta[i] as number);
    hessian[i * size + i] = (hessian[i * size + i] as number) + l2;
  }
  return { gradient, hessian };
}

function scoreOf(x: Float64Array, offset: number, width: number, beta: Float64Array): number {
  let score = beta[0] as number;
  for (let j = 0; j < width; j++) score += (beta[j + 1] as number) * (x[offset + j] as number);
  return score;
}

/** Solves `matrix` · s = `right` for a symmetric positive definite matrix given by its lower half, in place. */
function solveCholesky(matrix: Float64Array, right: Float64Array, size: number): Float64Array {
  const at = (i: number, j: number) => matrix[i * size + j] as number;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = at(i, j);
      for (let k = 0; k < j; k++) sum -= at(i, k) * at(j, k);
      matrix[i * size + j] = i === j ? Math.sqrt(Math.max(sum, Number.MIN_VALUE)) : sum / at(j, j);
    }
  }
  const solution = right.slice();
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) solution[i] = (solution[i] as number) - at(i, k) * (solution[k] as number);
    solution[i] = (solution[i] as number) / at(i, i);
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++)
      solution[i] = (solution[i] as number) - at(k, i) * (solution[k] as number);
    solution[i] = (solution[i] as number) / at(i, i);
  }
  return solution;
}
