import { join } from 'node:path';
import { netsFolder } from '../../compute/tfjs/forms.ts';
import { twinsFolder } from '../../compute/tfjs/twins.ts';

/** A Keras net in its forms, below `folder`: path and score's output of each. */
export interface Net {
  readonly name: string;
  readonly folder: string;
  readonly forms: Readonly<Record<string, readonly [path: string, output: string]>>;
  readonly features: readonly object[];
  /** Layers by the part of their name that every exporter keeps. */
  readonly layers: readonly string[];
  /** Those on which rows of the same ids in another order differ by a rounding: an AUC counts such a pair whole, or not at all. */
  readonly tied?: readonly string[];
  /** A feature of one value. */
  readonly single: string;
  /** A row by hand. */
  readonly written: string;
}

const id = (name: string) => ({ name, kind: 'CATEGORICAL', column: name, input: name, index: 0 });
const ids = (name: string, length: number) => ({
  name,
  kind: 'SEQUENCE',
  column: name,
  input: name,
  length,
  padding: 0,
});
const numbers = (count: number, input: string, prefix = input) =>
  Array.from({ length: count }, (_, index) => ({
    name: `${prefix}${index}`,
    kind: 'NUMERIC',
    missing: 0,
    column: `${prefix}${index}`,
    input,
    index,
  }));
const forms = (output: string): Net['forms'] => ({
  layers: ['layers', output],
  graph: ['graph', 'Identity'],
  onnx: ['model.onnx', output],
});

export const nets: readonly Net[] = [
  {
    name: 'plain',
    folder: twinsFolder,
    forms: { ...forms('score'), graph: ['tfjs', 'Identity'], saved: ['saved', 'output_0'] },
    features: [id('city'), ids('visits', 4), ...numbers(3, 'numbers', 'n')],
    layers: ['city_table', 'visit_table', 'pooled', 'joined', 'hidden', 'bounded'],
    tied: ['visit_table', 'pooled'],
    single: 'city',
    written: '{ city: 3, visits: [1, 2], n0: 0.5, n1: -1, n2: 2 }',
  },
  {
    name: 'sequences',
    folder: join(netsFolder, 'sequences'),
    forms: forms('score'),
    features: [id('item'), ids('history', 5)],
    // The converter takes the maximum `peaks` before the activation that it follows.
    layers: ['masked_items', 'attention', 'attended', 'means', 'joined', 'even'],
    single: 'item',
    written: '{ item: 2, history: [1, 5] }',
  },
  {
    name: 'towers',
    folder: join(netsFolder, 'towers'),
    forms: forms('click'),
    features: [id('shop'), ...numbers(4, 'numbers')],
    layers: ['shops', 'product', 'leaky', 'joined', 'bought'],
    single: 'shop',
    written: '{ shop: 3, numbers0: 0.5, numbers1: -1, numbers2: 2, numbers3: 0 }',
  },
  {
    name: 'multi_hot',
    folder: join(netsFolder, 'multi_hot'),
    forms: forms('score'),
    features: [...numbers(6, 'tags'), ids('visits', 4)],
    layers: ['tag_table', 'visits_table', 'visited', 'joined', 'hidden'],
    single: 'tags0',
    written: '{ tags0: 1, tags1: 0, tags2: 0, tags3: 1, tags4: 0, tags5: 0, visits: [1, 2] }',
  },
  {
    name: 'attending',
    folder: join(netsFolder, 'attending'),
    forms: forms('score'),
    features: [ids('item', 2), ids('history', 4)],
    // Attention is several layers in graphs.
    layers: ['asked', 'steps', 'change', 'joined', 'even'],
    single: 'click',
    written: '{ item: [2, 3], history: [1, 5] }',
  },
];
