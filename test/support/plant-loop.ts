/**
 * Loaded into a server before anything else (`node --import`): a loop without end in the decoding of one global id, as in a defect that
 * nobody has found yet.
 */
import { loopingId } from './looping-id.ts';

const from = Buffer.from;
Buffer.from = ((value: never, ...others: never[]) => {
  while (value === loopingId) {}
  return from(value, ...others);
}) as typeof Buffer.from;
