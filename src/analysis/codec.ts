import { Packr } from 'msgpackr';

/** Specs' results as bytes: MessagePack with typed arrays, so that a layer of 4,096 neurons is kept as it is computed. */
const packr = new Packr({ moreTypes: true, structuredClone: true, useRecords: false });

export const encodeResult = (result: unknown): Uint8Array => packr.pack(result);
export const decodeResult = (bytes: Uint8Array): unknown => packr.unpack(bytes);
