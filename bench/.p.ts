import { mkdtempSync } from 'node:fs';
import { netS } from './nets.ts'; import { registered } from './workload.ts'; import { opened, passOver } from './pass.ts';
const w = await registered(netS(), mkdtempSync('/tmp/gg-ev-')); const m = await opened(w);
for (let i = 0; i < 4; i++) { const t = performance.now(); await passOver(w, m, [{ key: 'scores', name: 'scores', spec: {} }]); const t1 = performance.now(); await passOver(w, m, [{ key: 'scores', name: 'scores', spec: {} }], [{ key: 'e', name: 'evaluation', spec: {}, partKey: 'scores' }]); console.log('scores', (t1 - t).toFixed(0), 'evaluation', (performance.now() - t1).toFixed(0)); }
