import { test } from 'vitest';
import { info } from '../../../src/compute/tfjs/runtime/runtime.ts';

/** Tests of native TensorFlow: skipped where `npm run setup:tensorflow` has not run, unless TFJS_DEVICE asks for it. */
export const ifNative = test.skipIf(info.device !== 'tensorflow' && process.env.TFJS_DEVICE !== 'tensorflow');
