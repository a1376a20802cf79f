/** How numbers lie in a file, little-endian, and how they are read: into float32 where that holds them exactly. */
export interface StoredFloats {
  /** Of one. */
  readonly bytes: number;
  /** `count` of them from the start of the buffer; may be a view of it. */
  read(buffer: ArrayBuffer, count: number): Float32Array | Float64Array;
}

export const storedFloats: Readonly<Record<string, StoredFloats>> = {
  float32: { bytes: 4, read: (buffer, count) => new Float32Array(buffer, 0, count) },
  float64: { bytes: 8, read: (buffer, count) => new Float64Array(buffer, 0, count) },
  float16: {
    bytes: 2,
    read: (buffer, count) => Float32Array.from(new Uint16Array(buffer, 0, count), (bits) => halfOf(bits)),
  },
  bfloat16: { bytes: 2, read: (buffer, count) => new Float32Array(upperHalves(new Uint16Array(buffer, 0, count))) },
};

/** Whole numbers, as they are. */
export const storedIntegers: Readonly<Record<string, StoredFloats>> = {
  int8: { bytes: 1, read: (buffer, count) => Float32Array.from(new Int8Array(buffer, 0, count)) },
  uint8: { bytes: 1, read: (buffer, count) => Float32Array.from(new Uint8Array(buffer, 0, count)) },
  int16: { bytes: 2, read: (buffer, count) => Float32Array.from(new Int16Array(buffer, 0, count)) },
  uint16: { bytes: 2, read: (buffer, count) => Float32Array.from(new Uint16Array(buffer, 0, count)) },
};

/** Whole numbers q that stand for q · scale + minimum. */
export const quantized = (bytes: 1 | 2, scale: number, minimum: number): StoredFloats => ({
  bytes,
  read: (buffer, count) =>
    Float32Array.from(
      bytes === 1 ? new Uint8Array(buffer, 0, count) : new Uint16Array(buffer, 0, count),
      (step) => step * scale + minimum,
    ),
});

/** IEEE 754 binary16: a sign, 5 bits of exponent, 10 of fraction. */
function halfOf(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** A bfloat16 is the upper half of a float32. */
function upperHalves(halves: Uint16Array): ArrayBuffer {
  const buffer = new ArrayBuffer(halves.length * 4);
  const all = new Uint16Array(buffer);
  for (let at = 0; at < halves.length; at++) all[2 * at + 1] = halves[at] as number;
  return buffer;
}
