/** Checks the arrows of .dependency-cruiser.mjs, and that every source file was really looked at. */
import { globSync } from 'node:fs';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';

const options = await extractDepcruiseOptions('./.dependency-cruiser.mjs');
const { output } = await cruise(['src'], options, undefined, { tsConfig: extractTSConfig('./tsconfig.json') });
const { modules, summary } = output as ICruiseResult;

const seen = new Set(modules.map(({ source }) => source));
const unseen = globSync('src/**/*.ts', { exclude: ['**/*.d.ts'] }).filter((file) => !seen.has(file));
for (const { rule, from, to } of summary.violations) console.error(`${from} → ${to}: ${rule.name}`);
for (const file of unseen) console.error(`${file}: not looked at`);

console.log(
  `${seen.size} modules, ${summary.totalDependenciesCruised} imports, ${summary.violations.length} not allowed`,
);
if (summary.violations.length + unseen.length > 0) process.exitCode = 1;
