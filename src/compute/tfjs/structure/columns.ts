import type { Tensor } from '@tensorflow/tfjs';
import type { GraphView, Specs } from '../graph-view.ts';
import { inputsOf, type NodeDef, nodeOf } from '../model-json.ts';
import type { Opened } from '../opened.ts';

const choices = new Set(['Slice', 'StridedSlice', 'GatherV2', 'Split', 'SplitV', 'Unpack']);

/** The tensor [rows, columns] that a node takes one column of, or some (`p[:, 1]`), and does nothing else. */
export function chosenFrom(view: GraphView, specs: Specs, node: NodeDef): string | undefined {
  const [source, ...others] = inputsOf(node).filter((name) => view.dependent.has(nodeOf(name)));
  if (!choices.has(node.op) || source === undefined || others.length > 0) return undefined;
  const { shape = [], dtype } = specs.get(source) ?? {};
  const isOfRows = specs.get(node.name)?.shape[0] === null && shape.length === 2 && shape[0] === null;
  return isOfRows && dtype === 'float32' && shape[1] !== null ? source : undefined;
}

/** Which column of `source` each element of a row of `chosen` is: the graph says it itself, of a row of the columns' numbers. */
export function columnsChosen({ tf, executable }: Opened, specs: Specs, source: string, chosen: string): number[] {
  const width = specs.get(source)?.shape[1] ?? 0;
  return tf.tidy(() => {
    const numbered = tf.range(0, width).expandDims(0);
    return [...(executable.execute({ [source]: numbered }, chosen) as Tensor).dataSync()];
  });
}
