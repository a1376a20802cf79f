import { open, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { modelRejected } from '../../errors.ts';

/** A format that no executor opens, and how models come out of it. */
interface Foreign {
  readonly what: string;
  readonly advice: string;
}

const byTorch =
  'torch.onnx.export(model.eval(), (example,), "model.onnx", dynamic_shapes=({0: torch.export.Dim("rows")},))';
const byKeras = (name: string): string =>
  `keras.models.load_model("${name}").export("model.onnx", format="onnx"), or .export("folder") for a SavedModel`;
const byTf2onnx = (flags: string): string => `python -m tf2onnx.convert ${flags} --output model.onnx`;

const pytorch: Foreign = { what: 'is a model of PyTorch', advice: byTorch };
const ofTrees = (library: string, advice: string): Foreign => ({ what: `is a model of ${library}`, advice });

/** By the first bytes of a file, and by its name where they say nothing. Undefined for what may be a model that is taken. */
function foreignBy(head: Buffer, name: string): Foreign | undefined {
  const begins = (text: string, at = 0): boolean => head.subarray(at, at + text.length).toString('latin1') === text;
  const text = head.toString('latin1');
  if (begins('PK\x03\x04')) return ofZip(text.slice(30, 30 + head.readUInt16LE(26)), name);
  if (begins('\x89HDF\r\n\x1a\n')) return { what: 'is HDF5, as Keras saves models', advice: byKeras(name) };
  if (begins('\x80\x02\x8a\x0a')) return pytorch;
  if (head[0] === 0x80 && (head[1] as number) >= 2 && (head[1] as number) <= 5) return ofPickle(text);
  if (begins('TFL3', 4)) return { what: 'is TensorFlow Lite', advice: byTf2onnx(`--tflite ${name}`) };
  if (begins('ORTM', 4))
    return { what: 'is in ONNX Runtime’s own format', advice: 'register the .onnx file that it was made of' };
  if (begins('{', 8) && head.readUInt32LE(4) === 0)
    return {
      what: 'is safetensors, which has weights and no graph',
      advice: `load it into its module, then ${byTorch}`,
    };
  if (begins('CBM1')) return ofTrees('CatBoost', 'model.save_model("model.onnx", format="onnx")');
  if (/^tree\r?\nversion=/.test(text)) return ofTrees('LightGBM', treesAdvice('lightgbm'));
  if (begins('{"learner') || (begins('{L') && text.includes('learner')))
    return ofTrees('XGBoost', treesAdvice('xgboost'));
  if (/\.pb$/i.test(name) && name !== 'saved_model.pb')
    return {
      what: 'is a frozen graph of TensorFlow by its name',
      advice: byTf2onnx(`--graphdef ${name} --inputs INPUT:0 --outputs OUTPUT:0`),
    };
  return undefined;
}

const treesAdvice = (library: string): string =>
  `onnxmltools.convert_${library}(model, initial_types=[("x", FloatTensorType([None, WIDTH]))])`;

/** Of archives the name of their first entry tells who has made them. */
function ofZip(entry: string, name: string): Foreign {
  if (/^(metadata\.json|config\.json|model\.weights\.h5)$/.test(entry))
    return { what: 'is a model of Keras', advice: byKeras(name) };
  if (/^[^/]+\/(data|code|models|constants\.pkl|byteorder|version|archive_\w+)\b/.test(entry)) return pytorch;
  return { what: 'is a ZIP archive', advice: 'unpack it, and register the .onnx file or the folder' };
}

function ofPickle(head: string): Foreign {
  const what = 'is a pickle of Python, which is not opened';
  const library = /\b(lightgbm|xgboost|catboost|torch)\b/.exec(head)?.[1];
  if (library === 'torch') return pytorch;
  if (library === 'catboost') return { what, advice: 'model.save_model("model.onnx", format="onnx")' };
  if (library !== undefined) return { what, advice: treesAdvice(library) };
  return {
    what,
    advice: 'skl2onnx.to_onnx(model, x[:1]) for scikit-learn, with the result’s SerializeToString() as the file',
  };
}

const headBytes = 4096;

async function foreignFile(path: string): Promise<Foreign | undefined> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    if (!(await file.stat()).isFile()) return undefined;
    const head = Buffer.alloc(headBytes);
    const { bytesRead } = await file.read(head, 0, headBytes, 0);
    return bytesRead < 8 ? undefined : foreignBy(head.subarray(0, Math.max(bytesRead, 32)), basename(path));
  } finally {
    await file.close();
  }
}

const isModel = (name: string): boolean => /\.onnx$|^(model\.json|saved_model\.pb)$/.test(name);
const taken = 'an .onnx file, model.json of TensorFlow.js or saved_model.pb';

/** Throws MODEL_REJECTED with what to do for a file of another framework, and for a folder in which there is no model. */
export async function assertKnownFormat(path: string): Promise<void> {
  const names = await readdir(path).catch(() => undefined);
  if (names?.some(isModel)) return;
  const files = names === undefined ? [path] : names.toSorted().map((name) => join(path, name));
  for (const file of files) {
    const foreign = await foreignFile(file);
    if (foreign === undefined) continue;
    throw modelRejected(`“${basename(file)}” ${foreign.what}. Export it as ONNX: ${foreign.advice}.`, {
      file: basename(file),
    });
  }
  if (names === undefined) return;
  const listed = names.toSorted().slice(0, 10);
  const has =
    names.length === 0 ? 'It is empty.' : `It has ${listed.join(', ')}${names.length > 10 ? ' and others' : ''}.`;
  throw modelRejected(`There is no model in the folder “${basename(path)}”: ${taken}. ${has} Put the model there.`, {
    files: listed,
  });
}
