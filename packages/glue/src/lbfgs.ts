// The minimum of a smooth function of a few thousand variables, by L-BFGS with a backtracking line search.
//
// Nocedal and Wright 2006, algorithms 7.4 and 7.5; the step is shortened until Armijo's condition (3.4) holds.

const MEMORY = 10;
const TOLERANCE = 1e-6;

/** Value and gradient of what is minimised. */
export type Objective = (theta: Float64Array) => {
  readonly value: number;
  readonly gradient: Float64Array;
};

/**
 * Where a smooth function is smallest, going down from `start`: ends when no element of the gradient exceeds 1e-6, when
 * no step goes down any more, or after so many iterations.
 */
export function minimise(
  objective: Objective,
  start: Float64Array,
  iterations: number,
): Float64Array {
  let theta = start;
  let now = objective(theta);
  const history: { s: Float64Array; y: Float64Array; rho: number }[] = [];
  for (let i = 0; i < iterations && now.gradient.some((g) => Math.abs(g) > TOLERANCE); i++) {
    const direction = descent(now.gradient, history);
    const slope = dot(direction, now.gradient);
    let size = i === 0 ? Math.min(1, 1 / Math.sqrt(dot(now.gradient, now.gradient))) : 1;
    let next = plus(theta, direction, size);
    let found = objective(next);
    // Armijo's condition
    while (found.value > now.value + 1e-4 * size * slope && size > 1e-10) {
      size /= 2;
      next = plus(theta, direction, size);
      found = objective(next);
    }
    if (found.value > now.value) break; // no step is small enough: the minimum, within rounding
    const s = plus(next, theta, -1);
    const y = plus(found.gradient, now.gradient, -1);
    const curvature = dot(s, y);
    if (curvature > 0) history.push({ s, y, rho: 1 / curvature });
    if (history.length > MEMORY) history.shift();
    theta = next;
    now = found;
  }
  return theta;
}

/** The two loops: minus the inverse Hessian's estimate times the gradient. */
function descent(
  gradient: Float64Array,
  history: readonly { s: Float64Array; y: Float64Array; rho: number }[],
): Float64Array {
  let q: Float64Array = gradient.map((g) => -g);
  const weights: number[] = [];
  for (const { s, y, rho } of history.toReversed()) {
    const weight = rho * dot(s, q);
    weights.push(weight);
    q = plus(q, y, -weight);
  }
  const last = history.at(-1);
  if (last) q = q.map((value) => value / (last.rho * dot(last.y, last.y)));
  for (const { s, y, rho } of history) q = plus(q, s, (weights.pop() ?? 0) - rho * dot(y, q));
  return q;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** a + factor b */
function plus(a: Float64Array, b: Float64Array, factor: number): Float64Array {
  return a.map((value, i) => value + factor * b[i]);
}
