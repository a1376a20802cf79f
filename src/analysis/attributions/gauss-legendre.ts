/** Nodes in (0, 1) and weights that sum to 1: exact for polynomials up to degree 2n − 1 (Newton's method on Pₙ). */
export function gaussLegendre(count: number): { nodes: number[]; weights: number[] } {
  const nodes: number[] = [];
  const weights: number[] = [];
  for (let at = 1; at <= count; at++) {
    let x = Math.cos((Math.PI * (at - 0.25)) / (count + 0.5));
    let derivative = 1;
    for (let iteration = 0; iteration < 100; iteration++) {
      let [previous, current] = [1, x];
      for (let degree = 2; degree <= count; degree++)
        [previous, current] = [current, ((2 * degree - 1) * x * current - (degree - 1) * previous) / degree];
      derivative = count === 1 ? 1 : (count * (x * current - previous)) / (x * x - 1);
      const step = current / derivative;
      x -= step;
      if (Math.abs(step) < 1e-15) break;
    }
    nodes.push((1 - x) / 2);
    weights.push(1 / ((1 - x * x) * derivative * derivative));
  }
  return { nodes, weights };
}
