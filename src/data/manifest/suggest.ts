import type { LogitTensor, LookupGraph, ModelGraph } from '../../compute/graph.ts';
import type { TensorSpec } from '../../compute/tensor.ts';
import { classOf, elementType, isNumeric, isScalar } from '../columns/type.ts';
import type { DatasetColumn, DatasetRecord } from '../types.ts';
import type { RawFeature, RawManifest } from './schema.ts';
import { rowWidth } from './slots.ts';

type Columns = Pick<DatasetRecord, 'columns' | 'label' | 'groupBy' | 'partitionBy'>;

/** What a stretch of an input looks like: its kind, from `index` on. */
interface Stretch {
  readonly kind: RawFeature['kind'];
  readonly index: number;
  readonly length: number;
}

/** The suggestion for the dataset that fits best: by names, then by slots that have no column, then by columns that are left over. */
export function bestSuggestion(graph: ModelGraph, datasets: readonly Columns[]): RawManifest {
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  const candidates = datasets.map((dataset) => {
    const manifest = suggestManifest(graph, dataset);
    const names = new Set(dataset.columns.map(({ name }) => name));
    return {
      manifest,
      namedCount: [...names].filter((name) => inputs.has(name)).length,
      emptyCount: (manifest.features ?? []).filter(({ column = '' }) => !names.has(column)).length,
      columnCount: names.size,
    };
  });
  const [best] = candidates.sort(
    (a, b) => b.namedCount - a.namedCount || a.emptyCount - b.emptyCount || a.columnCount - b.columnCount,
  );
  return best?.manifest ?? suggestManifest(graph);
}

/**
 * A manifest to start from: its slots and kinds are the model's, as far as the graph tells ids from numbers; columns are those of
 * a dataset that have the inputs' names, else those of a fitting type in their order, else names to be replaced.
 */
function suggestManifest(graph: ModelGraph, dataset?: Columns): RawManifest {
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  const left = new Set(dataset === undefined ? [] : columnsOf(dataset));
  const take = (fits: (column: DatasetColumn) => boolean): string | undefined => {
    const found = [...left].find(fits);
    if (found !== undefined) left.delete(found);
    return found?.name;
  };
  const features = graph.inputs.flatMap((input) =>
    stretchesOf(graph, input, dataset).map((stretch): RawFeature => {
      const isOnly = stretch.index === 0 && rowWidth(input.shape) === stretch.length;
      const placeholder = isOnly ? input.name : `${input.name}_${stretch.index}`;
      const isNamed = ({ name }: DatasetColumn) => name.toLowerCase() === input.name.toLowerCase();
      const column =
        (isOnly ? take(isNamed) : undefined) ??
        take(({ type }) => isOwnType(stretch, type)) ??
        take(({ type }) => suits(stretch, type)) ??
        placeholder;
      return {
        name: isOnly || inputs.has(column) ? placeholder : column,
        kind: stretch.kind,
        column,
        input: input.name,
        index: stretch.index,
        ...(stretch.kind === 'SEQUENCE' || stretch.kind === 'EMBEDDING' ? { length: stretch.length } : {}),
      };
    }),
  );
  return { score: suggestScore(graph), features };
}

function suggestScore({ outputs, logits }: ModelGraph): NonNullable<RawManifest['score']> {
  // The second of two classes is the one that is predicted.
  const isFirstOfTwo = ({ tensorIndex, classes }: LogitTensor): boolean =>
    classes !== undefined && classes.end - classes.start === 2 && tensorIndex === classes.start;
  const logit = logits.find((each) => !isFirstOfTwo(each));
  const [output] = outputs as [TensorSpec];
  if (logit !== undefined) return { output: logit.output, index: logit.index, space: 'PROBABILITY' };
  return { output: output.name, index: 0, space: 'LOGIT' };
}

const columnsOf = ({ columns, label, groupBy, partitionBy }: Columns): DatasetColumn[] =>
  columns.filter(({ name }) => ![label, groupBy, partitionBy].includes(name));

/** What is written with a point is a number; a whole number may be an id as well. */
const isOwnType = ({ kind }: Stretch, type: string): boolean =>
  kind === 'NUMERIC' && ['FLOAT', 'DECIMAL'].includes(classOf(type));

function suits({ kind }: Stretch, type: string): boolean {
  const isList = classOf(type) === 'LIST';
  const element = elementType(type);
  switch (kind) {
    case 'NUMERIC':
      return isNumeric(type);
    case 'CATEGORICAL':
      return isScalar(type) && classOf(type) !== 'FLOAT';
    case 'SEQUENCE':
      return isList && isScalar(element);
    case 'EMBEDDING':
      return isList && isNumeric(element);
  }
}

/** Ids are what the graph looks up; side by side in one table they are taken for a list. The rest are numbers. */
function stretchesOf(graph: ModelGraph, input: TensorSpec, dataset: Columns | undefined): Stretch[] {
  const isFloat = /^(float|double)/.test(input.dtype);
  const width = rowWidth(input.shape) ?? 1;
  const column = dataset?.columns.find(({ name }) => name === input.name);
  const isList = width > 1 && column !== undefined && classOf(column.type) === 'LIST';
  if (isList) return [{ kind: isFloat ? 'EMBEDDING' : 'SEQUENCE', index: 0, length: width }];
  const lists = graph.lookups.filter((lookup) => lookup.input === input.name).flatMap(listOf);
  const ids = new Set(graph.lookups.filter((lookup) => lookup.input === input.name).flatMap(({ columns }) => columns));
  const stretches: Stretch[] = [];
  for (let index = 0; index < width; ) {
    const list = lists.find((one) => one.index === index);
    const kind = list ? 'SEQUENCE' : !isFloat || ids.has(index) ? 'CATEGORICAL' : 'NUMERIC';
    const length = list?.length ?? 1;
    stretches.push({ kind, index, length });
    index += length;
  }
  return stretches;
}

function listOf({ columns, idCounts }: LookupGraph): Pick<Stretch, 'index' | 'length'>[] {
  const [index = 0] = columns;
  const isList =
    columns.length > 1 && columns.every((column, at) => column === index + at) && new Set(idCounts).size === 1;
  return isList ? [{ index, length: columns.length }] : [];
}
