import { modelRejected } from '../../../errors.ts';
import type { DType, TensorSpec } from '../../tensor.ts';
import { GraphBuilder } from '../builder.ts';
import { givingOut } from '../outputs.ts';
import type { ModelProto, TensorShapeProto, ValueInfoProto } from '../proto/onnx_pb.js';
import { openSession, reasonOf, type SessionSettings } from '../sessions/runtime.ts';
import { dtypeOf } from '../tensors.ts';
import { probedShapes } from './dry-run.ts';
import type { Shape } from './known.ts';

/**
 * Element type and shape of every tensor that the model makes, its inputs first, in topological order. onnxruntime infers
 * them: a session that gives out every tensor says what it knows of each. What that leaves open, a run on made-up rows shows; for
 * an output of which even that tells no rank, the model's own word is taken. Other tensors whose rank nobody can tell, sequences
 * and maps are left out. Throws MODEL_REJECTED when the runtime refuses the model.
 */
export async function inferredSpecs(model: ModelProto, settings: SessionSettings): Promise<TensorSpec[]> {
  const inputs = inputSpecs(model);
  const names = (model.graph?.node ?? []).flatMap(({ output }) => output.filter((name) => name !== ''));
  const inferred = await metadataOf(model, names, settings);
  const unranked = await unrankedOf(model, inferred, settings);
  const open = [...inferred].flatMap(([name, { shape }]) =>
    unranked.has(name) || shape.slice(1).includes(null) ? [name] : [],
  );
  const probed = open.length > 0 ? await probedShapes(model, inputs, open, settings) : new Map<string, Shape>();
  const declared = new Map((model.graph?.output ?? []).map((info) => [info.name, declaredShape(info)]));
  const made = names.flatMap((name) => {
    const known = inferred.get(name);
    if (known === undefined) return [];
    const shape = merged(unranked.has(name) ? undefined : known.shape, probed.get(name)) ?? declared.get(name);
    return shape === undefined ? [] : [{ name, dtype: known.dtype, shape: [...shape] }];
  });
  return [...inputs, ...made];
}

interface Metadata {
  readonly dtype: DType;
  readonly shape: Shape;
}

async function metadataOf(
  model: ModelProto,
  names: readonly string[],
  settings: SessionSettings,
): Promise<ReadonlyMap<string, Metadata>> {
  const session = await openSession(givingOut(model, names), { ...settings, unoptimized: true }).catch((error) => {
    throw modelRejected(`onnxruntime refuses the model: ${reasonOf(error, settings.folder)}`);
  });
  const metadata = session.outputMetadata.flatMap((output): [string, Metadata][] => {
    if (!output.isTensor) return [];
    const shape = output.shape.map((size) => (typeof size === 'number' && size >= 0 ? size : null));
    return [[output.name, { dtype: output.type as DType, shape }]];
  });
  await session.release();
  return new Map(metadata);
}

/** A tensor of unknown rank looks like a scalar; the size of its Shape tells the two apart. */
async function unrankedOf(
  model: ModelProto,
  inferred: ReadonlyMap<string, Metadata>,
  settings: SessionSettings,
): Promise<ReadonlySet<string>> {
  const builder = new GraphBuilder(model, new Map());
  const tensorOf = new Map<string, string>();
  for (const [name, { shape }] of inferred)
    if (shape.length === 0) tensorOf.set(builder.node('Shape', [name])[0] ?? '', name);
  if (tensorOf.size === 0) return new Set();
  const ranks = await metadataOf(builder.model, [...tensorOf.keys()], settings);
  return new Set([...ranks].flatMap(([name, { shape }]) => (shape[0] === 0 ? [] : [tensorOf.get(name) ?? ''])));
}

/** What a model says of its inputs. Throws MODEL_REJECTED where it does not. */
export const inputSpecs = (model: ModelProto): TensorSpec[] => (model.graph?.input ?? []).map(inputSpec);

function inputSpec({ name, type }: ValueInfoProto): TensorSpec {
  const tensor = type?.value.case === 'tensorType' ? type.value.value : undefined;
  const dtype = tensor && dtypeOf(tensor.elemType);
  if (tensor?.shape === undefined || dtype === undefined)
    throw modelRejected(`The input “${name}” does not say its type and shape. Export the model with both.`);
  return { name, dtype, shape: sizesOf(tensor.shape) };
}

const declaredShape = ({ type }: ValueInfoProto): Shape | undefined =>
  type?.value.case === 'tensorType' && type.value.value.shape ? sizesOf(type.value.value.shape) : undefined;

const sizesOf = ({ dim }: TensorShapeProto): (number | null)[] =>
  dim.map(({ value }) => (value.case === 'dimValue' && value.value >= 0n ? Number(value.value) : null));

function merged(inferred: Shape | undefined, probed: Shape | undefined): Shape | undefined {
  if (inferred === undefined || inferred.length !== probed?.length) return inferred ?? probed;
  return inferred.map((size, axis) => size ?? probed[axis] ?? null);
}
