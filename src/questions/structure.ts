import type { LayerGraph } from '../compute/graph.ts';
import type { FeatureBinding } from '../data/manifest/manifest.ts';
import { badUserInput } from '../errors.ts';
import { suggestionFor } from '../similar.ts';
import type { ModelRow } from '../store/models.ts';
import type { RowsArgument } from './ask.ts';

/** What a model is made of, and can be asked about. */
export interface LayerOfModel {
  readonly model: ModelRow;
  readonly layer: LayerGraph;
}
export interface NeuronOfLayer extends LayerOfModel {
  readonly unit: number;
}
export interface FeatureOfModel {
  readonly model: ModelRow;
  readonly feature: FeatureBinding;
}
export interface GroupOfModel {
  readonly model: ModelRow;
  readonly group: string;
}
/** A layer, and the rows on which it is looked at. */
export interface LayerOnRows extends LayerOfModel {
  readonly rows: RowsArgument;
}

export const layersOf = (model: ModelRow): LayerOfModel[] => model.graph.layers.map((layer) => ({ model, layer }));

export const layerNamed = (model: ModelRow, name: unknown): LayerOfModel | null =>
  layersOf(model).find(({ layer }) => layer.name === name) ?? null;

/** Throws BAD_USER_INPUT for a layer that the model does not have, naming the argument. */
export function layerAsked(model: ModelRow, name: string, argument = 'layer'): LayerOfModel {
  const found = layerNamed(model, name);
  if (found !== null) return found;
  const names = model.graph.layers.map((layer) => layer.name);
  const { words, data } = suggestionFor(name, names);
  throw badUserInput(argument, `The model ${titleOf(model)} has no layer “${name}”.${words}`, data);
}

/** All of them when `names` is null, in topological order. Throws BAD_USER_INPUT for one that the model does not have, and for none. */
export function layersAsked(model: ModelRow, names: readonly string[] | null | undefined): LayerOfModel[] {
  const all = layersOf(model);
  if (names == null) return all;
  const known = all.map(({ layer }) => layer.name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const { words, data } = suggestionFor(unknown, known);
    throw badUserInput('layers', `\`layers\`: the model has no layer “${unknown}”.${words}`, data);
  }
  if (names.length === 0) throw badUserInput('layers', '`layers` is empty: name one, or leave it out for all of them.');
  return all.filter(({ layer }) => names.includes(layer.name));
}

export const featuresOf = (model: ModelRow): FeatureOfModel[] =>
  model.manifest.features.map((feature) => ({ model, feature }));

/** In the order in which the manifest first names them. */
export const groupsOf = (model: ModelRow): GroupOfModel[] =>
  [...new Set(model.manifest.features.flatMap(({ group }) => (group === undefined ? [] : [group])))].map((group) => ({
    model,
    group,
  }));

/** The position of a feature by its name. Throws BAD_USER_INPUT naming the argument. */
export function featurePosition({ manifest }: ModelRow, name: string, argument: string): number {
  const names = manifest.features.map((feature) => feature.name);
  const at = names.indexOf(name);
  if (at >= 0) return at;
  const { words, data } = suggestionFor(name, names);
  throw badUserInput(argument, `\`${argument}\`: the model has no feature “${name}”.${words}`, data);
}

/** How a model is called where a person reads it. */
export const titleOf = ({ name, version }: ModelRow): string => `${name} ${version}`;
