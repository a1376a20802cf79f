import type { Tensor } from '../../compute/tensor.ts';
import type { Batch, InputRows } from '../types.ts';
import { bagInputs, joinedBags } from './bags.ts';
import { withBags } from './part.ts';
import { placesIn, type Texts } from './string-table.ts';
import { blankTensor } from './tensor-fill.ts';

/** The rows of batches one after the other, which have the same inputs. `texts`: what their whole numbers stand for then. */
export function joinedRows(batches: readonly Batch[], texts: Texts | undefined): InputRows {
  const [first] = batches as [Batch];
  const rowCount = batches.reduce((sum, batch) => sum + batch.rowCount, 0);
  const bagged = bagInputs(first.bags);
  const plain = Object.entries(first.inputs).flatMap(([name, { dtype, dims }]): [string, Tensor][] => {
    if (bagged.has(name)) return [];
    const whole = blankTensor(dtype, [rowCount, ...dims.slice(1)]);
    let at = 0;
    for (const batch of batches) {
      const data = numbered(batch, name, texts);
      // Of the same type: the same input of the same model.
      (whole.data as Float32Array).set(data as Float32Array, at);
      at += data.length;
    }
    return [[name, whole]];
  });
  const bags = (first.bags ?? []).map((_, at) => joinedBags(batches.flatMap((batch) => batch.bags?.[at] ?? [])));
  return withBags(rowCount, plain, bags);
}

/** What a batch has in an input, with the numbers that its texts have among others. */
function numbered({ inputs, texts: own }: Batch, name: string, texts: Texts | undefined): Tensor['data'] {
  const { data } = inputs[name] as Tensor;
  if (own === undefined || texts === undefined || !own.inputs.includes(name)) return data;
  const placeOf = placesIn(texts, own);
  return BigInt64Array.from(data as BigInt64Array, (place) => BigInt(placeOf(Number(place))));
}
