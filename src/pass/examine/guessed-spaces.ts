import type { ModelGraph } from '../../compute/graph.ts';
import type { Manifest } from '../../data/manifest/manifest.ts';
import { rowWidth } from '../../data/manifest/slots.ts';
import type { ModelWarning } from '../protocol.ts';

/** Outputs with more elements are embeddings, not predictions. */
const mostElements = 1000;

/** Outputs that the manifest says nothing of, and that are therefore taken for what the score is, where the graph looks otherwise. */
export function guessedSpaces(
  { outputs, logits }: ModelGraph,
  { score, targets = [] }: Pick<Manifest, 'score' | 'targets'>,
): ModelWarning[] {
  if (score.space === 'VALUE') return [];
  const isProbability = new Set(logits.map(({ output, index }) => `${index} ${output}`));
  const isSaid = new Set([score, ...targets].map(({ output, index }) => `${index} ${output}`));
  const others = outputs.filter(({ name, dtype }) => name !== score.output && dtype.includes('float'));
  const guessed = others.filter(({ name, shape }) =>
    Array.from({ length: Math.min(rowWidth(shape) ?? 0, mostElements) }, (_, index) => `${index} ${name}`).some(
      (element) => !isSaid.has(element) && isProbability.has(element) !== (score.space === 'PROBABILITY'),
    ),
  );
  return guessed.map(({ name }) => ({
    code: 'SPACE_GUESSED',
    message: `The output “${name}” is taken for a ${score.space}, since the score is one, and nothing in the graph says so. Say with “targets” in the manifest what it is.`,
  }));
}
