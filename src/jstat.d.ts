/** What is used of jStat, which ships no types. */
declare module 'jstat' {
  const jstat: {
    normal: {
      /** Quantile at `p` of the normal distribution. */
      inv(p: number, mean: number, standardDeviation: number): number;
      /** Distribution function at `x`. */
      cdf(x: number, mean: number, standardDeviation: number): number;
    };
  };
  export default jstat;
}
