/** Figures that do not exist are NaN inside, null outside. */
export const orNull = (value: number | undefined): number | null =>
  value === undefined || !Number.isFinite(value) ? null : value;
