import type { Expression } from './program.ts';

/** Of expressions, themselves and all that they are made of; what stands inside of gradients only `withGradients`. */
export function everythingIn(roots: readonly Expression[], withGradients = true): Expression[] {
  const all = new Set(roots);
  // A set is walked to its end while it grows.
  for (const expression of all) {
    if (expression.kind === 'apply') for (const input of expression.inputs) all.add(input);
    if (expression.kind === 'gradient' && withGradients) all.add(expression.of).add(expression.wrt);
  }
  return [...all];
}
