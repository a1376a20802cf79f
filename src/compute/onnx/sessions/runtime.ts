import type { InferenceSession } from 'onnxruntime-node';

type Runtime = typeof import('onnxruntime-node');
let loaded: Promise<Runtime> | undefined;

/**
 * Native code, loaded when first needed: the API process imports this module and never calls this. From 1.30 on its packages
 * tell their maker about processes, models and sessions, unless this variable is set beforehand; nothing of a model leaves here.
 */
export function runtime(): Promise<Runtime> {
  process.env.ORT_DISABLE_TELEMETRY = '1';
  loaded ??= import('onnxruntime-node');
  return loaded;
}

/** Above all that it says: what goes wrong comes back as an exception. */
const silent = 4;

export interface SessionSettings {
  /** Where the weights file lies. */
  readonly folder: string;
  readonly threads: number;
  /** Keeps every tensor as the model has it; slower. */
  readonly unoptimized?: boolean;
}

/**
 * A session of a graph whose external weights lie in a file: onnxruntime maps it, so that every session of a model shares the
 * same pages (a graph with its weights as bytes is copied by each).
 */
export async function openSession(graph: Uint8Array, settings: SessionSettings): Promise<InferenceSession> {
  const { InferenceSession: sessions } = await runtime();
  const opened = (graphOptimizationLevel: 'disabled' | 'basic' | 'all'): Promise<InferenceSession> =>
    sessions.create(graph, {
      intraOpNumThreads: settings.threads,
      interOpNumThreads: 1,
      graphOptimizationLevel,
      logSeverityLevel: silent,
      extra: {
        'session.model_external_initializers_file_folder_path': settings.folder,
        // Waiting threads that spin take the cores from the reader of rows, and large outputs become unstable.
        'session.intra_op.allow_spinning': '0',
      },
    });
  if (settings.unoptimized) return await opened('disabled');
  return await opened('all').catch((error) => {
    if (!lacksFused.test(String(error))) throw error;
    return opened('basic');
  });
}

/**
 * onnxruntime puts operators of its own in the place of several, of numbers of any type, and has some of them for float32 alone, such
 * as QuickGelu for x · sigmoid(x): a model of float64 that it runs as it stands is then refused. Without these it is not.
 */
const lacksFused = /Failed to find kernel for com\.microsoft\./;

/** What onnxruntime says, in one short line for a client: without its own source lines and without files of ours. */
export function reasonOf(error: unknown, folder?: string): string {
  const text = error instanceof Error ? error.message : String(error);
  return text
    .replaceAll(folder ?? '\0', '')
    .replace(/^.*Status Message: /s, '')
    .replace(/^.* was false\. (?=\S)/s, '')
    .replace(/\S*onnxruntime_src\S*/g, '')
    .replace(/\s+/g, ' ')
    .replace(
      /Got invalid dimensions for input: (\S+) for the following indices index: (\d+) Got: (\d+) Expected: (\d+).*/,
      'its input “$1” takes $4 on axis $2, and got $3.',
    )
    .trim()
    .slice(0, 300);
}

/** The node that a failed run names: its operator type and its name, which may be empty. */
export function failedNode(error: unknown): { operator: string; node: string } | undefined {
  const match = /while running (\S+) node\. Name:'([^']*)'/.exec(error instanceof Error ? error.message : '');
  return match === null ? undefined : { operator: match[1] ?? '', node: match[2] ?? '' };
}
