/** Loaded before a server: its clock jumps two hours ahead at the first SIGUSR2, a day back at the next, and so on. */
const { now } = Date;
const jumps = [2 * 3_600_000, -24 * 3_600_000];
let shiftMs = 0;
let count = 0;
process.on('SIGUSR2', () => {
  shiftMs += jumps[count++ % jumps.length];
});
const Real = Date;
globalThis.Date = class extends Real {
  constructor(...parts) {
    if (parts.length === 0) super(now() + shiftMs);
    else super(...parts);
  }
  static now() {
    return now() + shiftMs;
  }
};
