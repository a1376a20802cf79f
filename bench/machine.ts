import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { version as duckdbVersion } from '@duckdb/node-api';
import packageInfo from 'onnxruntime-node/package.json' with { type: 'json' };

/** What the figures were measured on, as far as it says anything about them. */
export const machine = (): string =>
  [
    `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GB`,
    `${systemName()}, Node ${process.versions.node}, onnxruntime ${packageInfo.version}, DuckDB ${duckdbVersion()}`,
  ].join('; ');

function systemName(): string {
  if (process.platform !== 'linux') return process.platform;
  return /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux';
}
