import type { Rule } from '../src/compute/onnx/gradients/rule.ts';
import { families } from '../src/compute/onnx/gradients/rules/index.ts';

const markers = ['<!-- coverage -->', '<!-- /coverage -->'] as const;

/** The text with a list of every rule between its two markers, as the table of rules has them now. */
export function withCoverage(text: string): string {
  const [before, rest = ''] = text.split(markers[0]);
  const [, after = ''] = rest.split(markers[1]);
  return `${before}${markers[0]}\n${coverage()}${markers[1]}${after}`;
}

/** A row for each family. */
function coverage(): string {
  const rows = Object.entries(families).map(([family, rules]) => {
    const operators = Object.entries(rules).map(([operator, rule]) => signature(operator, rule));
    return `| ${family} | ${operators.join(', ')} |\n`;
  });
  return `| family | operators |\n| --- | --- |\n${rows.join('')}`;
}

function signature(operator: string, rule: Rule): string {
  if (rule === null) return `\`${operator}\``;
  if (typeof rule === 'function') return `\`${operator}(∂ …)\``;
  if ('forward' in rule || 'body' in rule) return `\`${operator}\`*`;
  return `\`${operator}(${rule.map((vjp) => (vjp === null ? '0' : '∂')).join(' ')})\``;
}
