import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { executorFor } from '../../src/compute/executors.ts';
import { temporaryFolder } from '../data/parquet.ts';

/** As PyTorch and scikit-learn have written them: generate/foreign.py. */
const folder = join(import.meta.dirname, '../fixtures/foreign');
const refusal = (path: string) => executorFor({ path, root: path }).catch((error: unknown) => error);
const torch = /“.*” is a model of PyTorch\. Export it as ONNX: torch\.onnx\.export\(/;

describe('a model of another framework is refused with the line that exports it', () => {
  test.each([
    ['module.pt', torch],
    ['weights.pth', torch],
    ['legacy.ckpt', torch],
    ['script.pt', torch],
    ['exported.pt2', torch],
    ['classifier.pkl', /is a pickle of Python.*skl2onnx\.to_onnx\(/],
  ])('%s', async (name, message) => {
    const wanted = { code: 'MODEL_REJECTED', message: expect.stringMatching(message), details: { file: name } };
    expect(await refusal(join(folder, name))).toMatchObject(wanted);
    // By what it is, whatever it is called, and as the only file of a folder with a manifest.
    const own = await temporaryFolder();
    await copyFile(join(folder, name), join(own, name));
    await writeFile(join(own, 'manifest.json'), '{}');
    expect(await refusal(own)).toMatchObject(wanted);
    await copyFile(join(folder, name), join(own, 'renamed.onnx'));
    expect(await refusal(join(own, 'renamed.onnx'))).toMatchObject({ message: expect.stringMatching(message) });
  });

  // Their signatures are written down in the formats themselves; what follows is not looked at.
  test.each<[name: string, bytes: Buffer, message: RegExp]>([
    [
      'model.h5',
      Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'),
      /is HDF5.*keras\.models\.load_model\("model\.h5"\)\.export\(/,
    ],
    ['model.keras', zipOf('metadata.json'), /is a model of Keras.*load_model\("model\.keras"\)/],
    [
      'frozen.pb',
      Buffer.from('\n\x0b\n\x01x\x12\x0bPlaceholder', 'latin1'),
      /tf2onnx\.convert --graphdef frozen\.pb --inputs/,
    ],
    ['model.tflite', Buffer.from('\x1c\0\0\0TFL3', 'latin1'), /TensorFlow Lite.*--tflite model\.tflite/],
    ['model.ort', Buffer.from('\x18\0\0\0ORTM', 'latin1'), /ONNX Runtime’s own format/],
    ['model.safetensors', Buffer.from('\x40\0\0\0\0\0\0\0{"weight"', 'latin1'), /weights and no graph/],
    ['model.cbm', Buffer.from('CBM1\0\0\0\0', 'latin1'), /CatBoost.*format="onnx"/],
    ['model.txt', Buffer.from('tree\nversion=v4\nnum_class=1'), /LightGBM.*convert_lightgbm\(/],
    ['model.json', Buffer.from('{"learner":{"attributes":{}}}'), /XGBoost.*convert_xgboost\(/],
    ['models.zip', zipOf('model.onnx'), /ZIP archive.*unpack/],
  ])('%s', async (name, bytes, message) => {
    const path = join(await temporaryFolder(), name);
    await writeFile(path, Buffer.concat([bytes, Buffer.alloc(64)]));
    expect(await refusal(path)).toMatchObject({ code: 'MODEL_REJECTED', message: expect.stringMatching(message) });
  });
});

describe('a folder without a model', () => {
  test('is refused with what it has and what it wants', async () => {
    const own = await temporaryFolder();
    await mkdir(join(own, 'model'));
    expect(await refusal(join(own, 'model'))).toMatchObject({
      code: 'MODEL_REJECTED',
      message: expect.stringMatching(/^There is no model in the folder “model”: an \.onnx file, .*It is empty/),
    });
    await writeFile(join(own, 'model', 'manifest.json'), '{}');
    await writeFile(join(own, 'model', 'city.txt'), 'a\nb\n');
    expect(await refusal(join(own, 'model'))).toMatchObject({
      message: expect.stringMatching(/It has city\.txt, manifest\.json\. Put the model there\.$/),
    });
  });
});

/** The local header of an archive's first entry (APPNOTE 4.3.7). */
function zipOf(name: string): Buffer {
  const header = Buffer.alloc(30);
  header.write('PK\x03\x04', 'latin1');
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, Buffer.from(name)]);
}
