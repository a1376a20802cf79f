import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { expect } from 'vitest';
import type { VegaLite } from '../../src/plots/vega-lite.ts';

/** As a page draws it; what the library warns of is a failure. */
export async function draw(plot: VegaLite): Promise<string> {
  const complaints: string[] = [];
  const complain = (...args: readonly unknown[]) => {
    complaints.push(args.join(' '));
    return logger;
  };
  const silent = () => logger;
  const logger = { warn: complain, error: complain, info: silent, debug: silent, level: silent as never };
  const { spec } = compile(JSON.parse(JSON.stringify(plot)) as TopLevelSpec, { logger });
  const svg = await new View(parse(spec), { logger }).toSVG();
  expect(complaints).toEqual([]);
  return svg;
}

/** How many marks of a kind are drawn. */
export const marksOf = (svg: string, kind: string): number =>
  [...svg.matchAll(new RegExp(`class="mark-${kind} role-mark[^"]*"[^>]*>(.*?)</g>`, 'gs'))]
    .map(([, marks]) => marks?.match(/<(path|line|text)/g)?.length ?? 0)
    .reduce((sum, count) => sum + count, 0);
