import type { SessionSettings } from './runtime.ts';
import type { Values } from './session.ts';

/** What crosses to a lane (lanes.ts). Calls are answered one after the other, in their order. */
export type LaneCall = { readonly call: number; readonly session: number } & (
  | { readonly kind: 'open'; readonly graph: Uint8Array; readonly settings: SessionSettings }
  | { readonly kind: 'run'; readonly feeds: Values }
  | { readonly kind: 'close' }
);

export type LaneReply = { readonly call: number } & ({ readonly values: Values } | { readonly error: string });

/** Copies with memory of their own, which may change hands. */
export function movable(values: Values): { copies: Values; memory: ArrayBuffer[] } {
  const memory: ArrayBuffer[] = [];
  const copies = Object.entries(values).map(([name, value]) => {
    if (value.dtype === 'string') return [name, value];
    const data = value.data.slice();
    memory.push(data.buffer);
    return [name, { ...value, data }];
  });
  return { copies: Object.fromEntries(copies), memory };
}
