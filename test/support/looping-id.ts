/** Whoever decodes this global id never comes back, where test/support/plant-loop.ts is loaded. */
export const loopingId = 'loop-without-end';
