/** Between two neighbours in rank, at a place that need not be whole: as NumPy's default. Between infinite ones nothing can be interpolated. */
export const between = (low: number, high: number, place: number): number =>
  Number.isFinite(high - low) ? low + (high - low) * (place % 1) : low;
