import { execFileSync } from 'node:child_process';
import { cp, link, mkdir, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import type { BatchInput, OpenModel } from '../../../src/compute/executor.ts';
import { executorFor } from '../../../src/compute/executors.ts';
import { gradient, mul, scalar, tensor } from '../../../src/compute/program.ts';
import { float32, type Tensor } from '../../../src/compute/tensor.ts';
import { tfjsExecutor } from '../../../src/compute/tfjs/executor.ts';
import { runtime } from '../../../src/compute/tfjs/runtime/runtime.ts';
import {
  AttrValueSchema,
  type MetaGraphDef,
  type NodeDef,
  NodeDefSchema,
  SavedModelSchema,
  TensorShapeProtoSchema,
} from '../../../src/compute/tfjs/saved-model/proto/saved_model_pb.js';
import { temporaryFolder } from '../../data/parquet.ts';
import { ifNative } from './native.ts';
import { evaluated, twinsFolder } from './twins.ts';

const saved = join(twinsFolder, 'saved');
const data = 'variables/variables.data-00000-of-00001';

/** A copy of the net that a test may change, and a home. */
async function copied(): Promise<{
  folder: string;
  home: string;
  register(): ReturnType<typeof tfjsExecutor.register>;
}> {
  const top = await temporaryFolder();
  const [folder, home] = [join(top, 'model'), join(top, 'home')];
  await cp(saved, folder, { recursive: true });
  await mkdir(home);
  return { folder, home, register: () => tfjsExecutor.register({ path: folder, root: folder }, home) };
}

const expected = JSON.parse(await readFile(join(twinsFolder, 'expected.json'), 'utf8'));
const whole = (dims: number[], values: number[]): Tensor => ({ dtype: 'int32', dims, data: Int32Array.from(values) });
const batch: BatchInput = {
  rowCount: 5,
  inputs: {
    city: whole([5, 1], expected.inputs.city),
    visits: whole([5, 4], expected.inputs.visits),
    numbers: float32([5, 3], expected.inputs.numbers),
  },
  rowValues: {},
};

async function opened(): Promise<OpenModel> {
  const { home, register } = await copied();
  return tfjsExecutor.open((await register()).artifact, { home, threads: 1 });
}

describe('a SavedModel', () => {
  test('is told by its file, also in a folder with a manifest', async () => {
    const { folder } = await copied();
    for (const path of [folder, join(folder, 'saved_model.pb')])
      expect((await executorFor({ path, root: folder })).info.name).toBe('TFJS');
    await writeFile(join(folder, 'manifest.json'), '{}');
    expect((await executorFor({ path: folder, root: folder })).info.name).toBe('TFJS');
  });

  ifNative('has the inputs and outputs of its signature, and nothing between', async () => {
    const { register } = await copied();
    const { format, graph, sizeBytes } = await register();
    expect(format).toBe('TF_SAVED_MODEL');
    expect(sizeBytes).toBe(
      (await stat(join(saved, 'saved_model.pb'))).size +
        (await stat(join(saved, data))).size +
        (await stat(join(saved, 'variables/variables.index'))).size,
    );
    expect(graph).toMatchObject({
      inputs: [
        { name: 'city', dtype: 'int32', shape: [null, 1] },
        { name: 'numbers', dtype: 'float32', shape: [null, 3] },
        { name: 'visits', dtype: 'int32', shape: [null, 4] },
      ],
      outputs: [{ name: 'output_0', dtype: 'float32', shape: [null, 1] }],
      layers: [],
      parameterCount: 155,
      capabilities: { activations: false, interventions: false, blockers: [{ node: 'serving_default' }] },
    });
    expect(graph.tensors).toHaveLength(4);
  });

  ifNative('is copied with all its files into a read-only folder of its digest, the same every time', async () => {
    const { folder, home, register } = await copied();
    const first = await register();
    expect(await register()).toEqual(first);
    expect(await readdir(join(home, 'models'))).toHaveLength(1);
    for (const file of first.artifact.files) expect((await stat(join(home, file))).mode & 0o222).toBe(0);
    await rm(folder, { recursive: true });
    const model = await tfjsExecutor.open(first.artifact, { home, threads: 1 });
    expect(model.graph).toEqual(first.graph);
    await model.close();
    await rm(join(home, first.artifact.files[0] as string));
    await expect(tfjsExecutor.open(first.artifact, { home, threads: 1 })).rejects.toMatchObject({
      code: 'MODEL_REJECTED',
      message: expect.stringContaining('gone or damaged'),
    });
  });

  ifNative.each(['saved_model.pb', data, 'assets/words.txt'])('has another digest when %s changes', async (name) => {
    const { folder, register } = await copied();
    await mkdir(join(folder, 'assets'), { recursive: true });
    await writeFile(join(folder, 'assets/words.txt'), 'a\n');
    const { filesDigest, artifact } = await register();
    // Bytes at the end of a checkpoint are nobody's; at the end of a protobuf, a field that nobody knows.
    await writeFile(join(folder, name), Buffer.from([0xa0, 0x06, 0x01]), { flag: 'a' });
    const changed = await register();
    expect(changed.filesDigest).not.toBe(filesDigest);
    expect(changed.artifact).not.toEqual(artifact);
  });

  ifNative('scores as TensorFlow does', async () => {
    const model = await opened();
    const { score } = await evaluated(model, { outputs: { score: tensor('output_0') } }, batch);
    expect(score?.dims).toEqual([5, 1]);
    for (const [at, value] of expected.score.entries()) expect(score?.data[at]).toBeCloseTo(value, 6);
    await model.close();
  });

  ifNative('scores what its inputs are replaced by', async () => {
    const model = await opened();
    const none = { overrides: { numbers: mul(tensor('numbers'), scalar(0)) }, outputs: { score: tensor('output_0') } };
    const { score } = await evaluated(model, none, batch);
    const zeros = { ...batch, inputs: { ...batch.inputs, numbers: float32([5, 3], new Array(15).fill(0)) } };
    expect(score).toEqual((await evaluated(model, { outputs: none.outputs }, zeros)).score);
    await model.close();
  });

  ifNative('has no gradients, and says what has', async () => {
    const model = await opened();
    await expect(
      model.compile({ outputs: { g: gradient(tensor('output_0'), tensor('numbers')) } }),
    ).rejects.toMatchObject({
      code: 'UNSUPPORTED_BY_EXECUTOR',
      message: expect.stringContaining('FEATURE_ABLATION'),
    });
    await expect(model.compile({ outputs: { x: tensor('hidden') } })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await model.close();
  });

  ifNative('leaves no tensor behind', async () => {
    const tf = await runtime(1);
    const model = await opened();
    const program = await model.compile({ outputs: { score: tensor('output_0') } });
    await program.run(batch, {});
    const { numTensors } = tf.memory();
    for (let pass = 0; pass < 20; pass++) await program.run(batch, {});
    expect(tf.memory().numTensors).toBe(numTensors);
    await model.close();
  });

  test('needs native TensorFlow, and says how to get it', async () => {
    const { folder, home } = await copied();
    const registration = `import('./src/compute/tfjs/executor.ts')
      .then(({ tfjsExecutor }) => tfjsExecutor.register({ path: '${folder}', root: '${folder}' }, '${home}'))
      .catch(({ code, message }) => console.log(code, message))`;
    const env = { ...process.env, TFJS_DEVICE: 'wasm' };
    expect(execFileSync(process.execPath, ['--eval', registration], { env, encoding: 'utf8' })).toMatch(
      /^UNSUPPORTED_BY_EXECUTOR .*npm run setup:tensorflow/,
    );
  });
});

type Break = (folder: string) => Promise<void>;

/** Changes the graph that is served. */
const graph =
  (change: (graph: MetaGraphDef) => void): Break =>
  async (folder) => {
    const path = join(folder, 'saved_model.pb');
    const model = fromBinary(SavedModelSchema, await readFile(path));
    change(model.metaGraphs[0] as MetaGraphDef);
    await writeFile(path, toBinary(SavedModelSchema, model));
  };

/** Nodes of the function that has an operator. */
const functionWith = (op: string, { graphDef }: MetaGraphDef): NodeDef[] =>
  graphDef?.library?.function.find(({ nodeDef }) => nodeDef.some((node) => node.op === op))?.nodeDef as NodeDef[];

describe('a SavedModel of a signature for batches of 2', () => {
  ifNative('is run 2 rows at a time', async () => {
    const { folder, home, register } = await copied();
    await graph(({ signatureDef }) => {
      for (const { tensorShape } of Object.values(signatureDef.serving_default?.inputs ?? {}))
        if (tensorShape?.dim[0] !== undefined) tensorShape.dim[0].size = 2n;
    })(folder);
    const { artifact, graph: found } = await register();
    expect(artifact.rowsPerRun).toBe(2);
    expect([...found.inputs, ...found.outputs].map(({ shape }) => shape[0])).toEqual([null, null, null, null]);
    const model = await tfjsExecutor.open(artifact, { home, threads: 1 });
    const { score } = await evaluated(model, { outputs: { score: tensor('output_0') } }, batch);
    expect(score?.dims).toEqual([5, 1]);
    for (const [at, value] of expected.score.entries()) expect(score?.data[at]).toBeCloseTo(value, 6);
    await model.close();
  });
});

const huge = create(TensorShapeProtoSchema, { dim: [{ size: 2n ** 40n }] });

const refusals: readonly (readonly [what: string, message: string, change: Break])[] = [
  ['that is cut off', 'no SavedModel', (folder) => truncate(join(folder, 'saved_model.pb'), 1000)],
  ['that is something else', 'no SavedModel', (folder) => writeFile(join(folder, 'saved_model.pb'), 'SavedModel')],
  ['that is empty', 'no graph', (folder) => truncate(join(folder, 'saved_model.pb'), 0)],
  [
    'that writes files when it is asked',
    'The operator WriteFile (“writes” of the function',
    graph((each) => functionWith('Tanh', each).push(create(NodeDefSchema, { name: 'writes', op: 'WriteFile' }))),
  ],
  [
    'that reads files when it is loaded',
    'The operator ReadFile (“reads”)',
    graph(({ graphDef }) => {
      graphDef?.node.push(create(NodeDefSchema, { name: 'reads', op: 'ReadFile' }));
      graphDef?.node.find(({ name }) => name === 'NoOp')?.input.push('^reads');
    }),
  ],
  [
    'that runs Python behind a call',
    'PyFunc',
    graph((each) => {
      const call = each.graphDef?.library?.function.find(({ nodeDef }) => nodeDef.some(({ op }) => op === 'Tanh'));
      call?.nodeDef.push(create(NodeDefSchema, { name: 'runs', op: 'PyFunc' }));
    }),
  ],
  [
    'that writes files when its variables are restored',
    'SaveV2',
    graph((each) => functionWith('RestoreV2', each).push(create(NodeDefSchema, { name: 'saves', op: 'SaveV2' }))),
  ],
  [
    'whose variables come from a file that the graph names',
    'from a file that the graph names',
    graph((each) => {
      const nodes = functionWith('RestoreV2', each);
      const restore = nodes.find(({ op }) => op === 'RestoreV2') as NodeDef;
      restore.input[0] = restore.input[1] as string;
    }),
  ],
  ['without a signature', 'has no signature', graph((each) => void Object.assign(each, { signatureDef: {} }))],
  [
    'without variables',
    '“variables/variables.index” is not there',
    (folder) => rm(join(folder, 'variables'), { recursive: true }),
  ],
  [
    'with several signatures, none of them for serving',
    'none is called serving_default',
    graph(({ signatureDef }) => {
      Object.assign(signatureDef, { other: signatureDef.serving_default });
      delete signatureDef.serving_default;
    }),
  ],
  [
    'with an input of no shape',
    'The shape of “city” is not known',
    graph(({ signatureDef }) => {
      const { tensorShape } = signatureDef.serving_default?.inputs.city ?? {};
      if (tensorShape !== undefined) tensorShape.unknownRank = true;
    }),
  ],
  [
    'with a constant beyond memory',
    'The constants of the graph have',
    graph((each) => {
      const constant = functionWith('Tanh', each).find(({ op }) => op === 'Const') as NodeDef;
      constant.attr.value = create(AttrValueSchema, { value: { case: 'tensor', value: { tensorShape: huge } } });
    }),
  ],
  ['behind a link', 'behind a link', async (folder) => replacedByLink(folder, 'saved_model.pb')],
  ['with variables behind a link', 'behind a link', async (folder) => replacedByLink(folder, data)],
  [
    'with variables that have a second name',
    'second name',
    (folder) => link(join(folder, data), join(folder, '../other')),
  ],
];

async function replacedByLink(folder: string, name: string): Promise<void> {
  await cp(join(folder, name), join(folder, '../elsewhere'));
  await rm(join(folder, name));
  await symlink(join(folder, '../elsewhere'), join(folder, name));
}

/** What only TensorFlow finds. */
const refusedByTensorflow: typeof refusals = [
  ['with variables cut off', 'TensorFlow refuses', (folder) => truncate(join(folder, data), 100)],
  [
    'with an operator of another type than its operand',
    'TensorFlow refuses',
    graph((each) => {
      const sigmoid = functionWith('Tanh', each).find(({ op }) => op === 'Tanh') as NodeDef;
      sigmoid.attr.T = create(AttrValueSchema, { value: { case: 'type', value: 7 } });
    }),
  ],
];

async function expectRefused(message: string, change: Break): Promise<void> {
  const { folder, home, register } = await copied();
  await change(folder);
  const error = await register().catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'MODEL_REJECTED', message: expect.stringContaining(message) });
  expect((error as Error).message).not.toContain(home);
  expect(await readdir(join(home, 'models')).catch(() => [])).toEqual([]);
}

describe('no SavedModel is', () => {
  test.each(refusals)('one %s', (_, message, change) => expectRefused(message, change));
  ifNative.each(refusedByTensorflow)('one %s', (_, message, change) => expectRefused(message, change));
});
