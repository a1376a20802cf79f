import { chmod, link, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { onnxExecutor } from '../../../src/compute/onnx/executor.ts';
import { ModelProtoSchema } from '../../../src/compute/onnx/proto/onnx_pb.js';
import { valueInfoOf } from '../../../src/compute/onnx/tensors.ts';
import { tensor } from '../../../src/compute/program.ts';
import { float32, int64 } from '../../../src/compute/tensor.ts';
import { graphOf, modelOf, run, temporaryFolder, toy, valuesOf, written } from './models.ts';

const register = async (path: string, home?: string) =>
  onnxExecutor.register({ path, root: dirname(path) }, home ?? (await temporaryFolder()));

const linear = () =>
  modelOf({
    inputs: { x: ['float32', [null, 2]] },
    weights: { w: float32([2, 1], [3, 4]) },
    nodes: [['MatMul', 'x w', 'y']],
    outputs: 'y',
  });

test('an opset that is named twice is one; two are none', async () => {
  const twice = linear();
  const [own] = twice.opsetImport;
  twice.opsetImport = [...twice.opsetImport, { ...own, domain: 'ai.onnx' } as (typeof twice.opsetImport)[number]];
  await expect(register(await written(twice))).resolves.toMatchObject({ format: 'ONNX' });
  twice.opsetImport = [
    ...linear().opsetImport,
    ...modelOf({ opset: 17, inputs: {}, nodes: [], outputs: '' }).opsetImport,
  ];
  await expect(register(await written(twice))).rejects.toMatchObject({ message: expect.stringContaining('several') });
});

describe('what is no model is refused, and why is said', () => {
  test.each([
    ['empty', '', /“m\.onnx”: The file is empty/],
    ['text', 'hello, this is a letter\n', /is text/],
    ['a Git LFS pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:1\n', /git lfs pull/],
    ['noise', Buffer.from([8, 255, 255, 0, 1, 2, 250, 3]), /cut off, damaged or not an ONNX model/],
  ])('%s', async (_, bytes, message) => {
    const path = join(await temporaryFolder(), 'm.onnx');
    await writeFile(path, bytes);
    await expect(register(path)).rejects.toMatchObject({
      code: 'MODEL_REJECTED',
      message: expect.stringMatching(message),
    });
  });

  test('cut off anywhere', async () => {
    const bytes = await readFile(toy('dense.onnx'));
    const path = join(await temporaryFolder(), 'm.onnx');
    for (let length = 1; length < bytes.length; length += 13) {
      await writeFile(path, bytes.subarray(0, length));
      await expect(register(path), `${length} bytes`).rejects.toMatchObject({ code: 'MODEL_REJECTED' });
    }
  });

  test.each([
    ['escape', /external data of .* does not name a file below the model’s folder/],
    ['absolute', /external data of .* does not name a file below the model’s folder/],
    ['domain', /The model imports operators of the domain “.*”, which is not allowed/],
    ['opset99', /opset 99/],
    ['cycle', /in a circle/],
    ['shape', /needs .* bytes and has/],
  ])('hostile/%s.onnx', async (name, message) => {
    const refusal = register(toy(`hostile/${name}.onnx`));
    await expect(refusal).rejects.toMatchObject({ code: 'MODEL_REJECTED', message: expect.stringMatching(message) });
    await expect(refusal).rejects.not.toMatchObject({ message: expect.stringContaining(toy('')) });
  });

  test.each([
    [
      'a tensor made twice',
      {
        nodes: [
          ['Relu', 'x', 'y'],
          ['Neg', 'x', 'y'],
        ] as never,
      },
      /Two things .* “y”/,
    ],
    ['a tensor from nowhere', { nodes: [['Add', 'x z', 'y']] as never }, /reads “z”, which nothing makes/],
    ['an output from nowhere', { outputs: 'q' }, /Nothing makes the output “q”/],
    ['types that do not fit', { nodes: [['Not', 'x', 'y']] as never }, /onnxruntime refuses the model/],
  ])('%s', async (_, changes, message) => {
    const base = {
      inputs: { x: ['float32', [null]] as ['float32', [null]] },
      nodes: [['Relu', 'x', 'y']] as never,
      outputs: 'y',
    };
    const path = await written(modelOf({ ...base, ...changes }));
    await expect(register(path)).rejects.toMatchObject({
      code: 'MODEL_REJECTED',
      message: expect.stringMatching(message),
    });
  });

  test('control flow nested without end', async () => {
    const flag = { flag: ['bool', []] as ['bool', []] };
    let graph = graphOf({ inputs: flag, nodes: [['Not', 'flag', 'out']], outputs: 'out' });
    for (let depth = 0; depth < 10; depth++) {
      const branches = { then_branch: { graph }, else_branch: { graph } };
      graph = graphOf({ inputs: flag, nodes: [['If', 'flag', 'out', branches]], outputs: 'out' });
    }
    const body = modelOf({ inputs: flag, nodes: [['If', 'flag', 'out', { then_branch: { graph } }]], outputs: 'out' });
    await expect(register(await written(body))).rejects.toMatchObject({
      message: expect.stringMatching(/nests control flow/),
    });
  });
});

describe('external data', () => {
  test('may lie beside the model', async () => {
    const home = await temporaryFolder();
    const { artifact, sizeBytes } = await register(toy('external/model.onnx'), home);
    const model = await onnxExecutor.open(artifact, { home, threads: 1 });
    const { logit } = await run(model, { outputs: { logit: tensor('logit') } }, { x: float32([1, 3], [1, 2, 3]) });
    expect(valuesOf(logit)).toEqual([-6]);
    expect(sizeBytes).toBe(
      (await stat(toy('external/model.onnx'))).size + (await stat(toy('external/weights.bin'))).size,
    );
  });

  const refusals: [string, (folder: string, secret: string) => Promise<void>][] = [
    ['missing', async () => {}],
    ['a symbolic link', (folder, secret) => symlink(secret, join(folder, 'weights.bin'))],
    ['a hard link', (folder, secret) => link(secret, join(folder, 'weights.bin'))],
    ['a folder', async (folder) => void (await mkdir(join(folder, 'weights.bin')))],
    ['too short', (folder) => writeFile(join(folder, 'weights.bin'), new Uint8Array(8))],
  ];
  test.each(refusals)('is refused when it is %s', async (_, place) => {
    const folder = await temporaryFolder();
    const secret = join(await temporaryFolder(), 'secret');
    await writeFile(secret, new Uint8Array(1000));
    await writeFile(join(folder, 'model.onnx'), await readFile(toy('external/model.onnx')));
    await place(folder, secret);
    await expect(register(join(folder, 'model.onnx'))).rejects.toMatchObject({
      code: 'MODEL_REJECTED',
      message: expect.stringMatching(/external data of/),
    });
  });
});

describe('the artifact', () => {
  test('is the same each time, and read-only', async () => {
    const home = await temporaryFolder();
    const first = await register(toy('dense.onnx'), home);
    const second = await register(toy('dense.onnx'), home);
    expect(second).toEqual(first);
    expect(await readdir(join(home, 'models'))).toHaveLength(1);
    for (const file of first.artifact.files) expect((await stat(join(home, file))).mode & 0o777).toBe(0o444);
  });

  test('does not keep documentation, metadata or the producer', async () => {
    const model = linear();
    model.producerName = 'private-trainer';
    model.docString = '/home/someone/model.py';
    const [node] = model.graph?.node ?? [];
    if (node !== undefined) node.docString = '/home/someone/layer.py';
    const home = await temporaryFolder();
    const { artifact } = await register(await written(model), home);
    const plain = await register(await written(linear()), home);
    expect(artifact).toEqual(plain.artifact);
  });

  test('is made again when it was damaged, and opening a damaged one is an error', async () => {
    const home = await temporaryFolder();
    const path = await written(linear());
    const { artifact } = await register(path, home);
    const graphFile = join(home, artifact.files[0] ?? '');
    await chmod(graphFile, 0o644);
    await rm(graphFile);
    await expect(onnxExecutor.open(artifact, { home, threads: 1 })).rejects.toMatchObject({ code: 'MODEL_REJECTED' });
    await register(path, home);
    await onnxExecutor.open(artifact, { home, threads: 1 });
  });

  test('a folder with one model stands for it', async () => {
    const path = await written(linear());
    expect((await register(dirname(path))).filesDigest).toBe((await register(path)).filesDigest);
    await writeFile(join(dirname(path), 'model.onnx.txt'), '');
    await writeFile(join(dirname(path), 'other.onnx'), toBinary(ModelProtoSchema, create(ModelProtoSchema)));
    expect((await register(dirname(path))).filesDigest).toBe((await register(path)).filesDigest);
  });
});

describe('the graph', () => {
  test('has every tensor with type and shape, inputs first', async () => {
    const { graph } = await register(toy('dense.onnx'));
    expect(graph.inputs).toEqual([{ name: 'x', dtype: 'float32', shape: [null, 3] }]);
    expect(graph.tensors.map(({ name, shape }) => [name, shape])).toEqual([
      ['x', [null, 3]],
      ['hidden_pre', [null, 2]],
      ['hidden', [null, 2]],
      ['logit', [null, 1]],
      ['score', [null, 1]],
    ]);
    expect(graph.outputs).toEqual([{ name: 'score', dtype: 'float32', shape: [null, 1] }]);
  });

  test('knows shapes that the model computes while it runs', async () => {
    const { graph } = await register(
      await written(
        modelOf({
          inputs: { x: ['float32', [null, 2, 3]] },
          weights: { zero: int64([1], [0]), six: int64([1], [6]) },
          nodes: [
            ['Shape', 'x', 'shape'],
            ['Gather', 'shape zero', 'rows'],
            ['Add', 'rows zero', 'alsoRows'],
            ['Mul', 'alsoRows six', 'product'],
            ['Div', 'product alsoRows', 'width'],
            ['Concat', 'alsoRows width', 'target', { axis: 0 }],
            ['Reshape', 'x target', 'flat'],
            ['ReduceSum', 'flat', 'total', { keepdims: 0 }],
          ],
          outputs: 'flat total',
        }),
      ),
    );
    const shapes = new Map(graph.tensors.map(({ name, shape }) => [name, shape]));
    expect(shapes.get('flat')).toEqual([null, 6]);
    expect(shapes.get('total')).toEqual([]);
  });

  test('takes the model’s word for an output whose rank depends on the rows', async () => {
    const branch = (operator: string) => ({
      graph: graphOf({ inputs: {}, nodes: [[operator, 'x', `${operator}_x`]], outputs: `${operator}_x` }),
    });
    const model = modelOf({
      inputs: { x: ['float32', [null, 1]], flag: ['bool', []] },
      nodes: [['If', 'flag', 'y', { then_branch: branch('Identity'), else_branch: branch('Squeeze') }]],
      outputs: 'y',
    });
    await expect(register(await written(model))).rejects.toMatchObject({ code: 'MODEL_REJECTED' });
    if (model.graph !== undefined) model.graph.output = [valueInfoOf('y', 'float32', [null, 1])];
    const { graph } = await register(await written(model));
    expect(graph.outputs).toEqual([{ name: 'y', dtype: 'float32', shape: [null, 1] }]);
  });
});
