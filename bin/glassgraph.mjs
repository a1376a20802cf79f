#!/usr/bin/env node
// The command line, from any folder and on any Node from 18 on: src/main.ts wants a newer one, and dependencies.
import { join } from 'node:path';
import { currentNode, install, root, run } from '../scripts/bare.mjs';

if (/[\\/]node_modules[\\/]/.test(root)) {
  console.error('glassgraph: Node runs no TypeScript below node_modules; clone the repository and run it from there');
  process.exit(1);
}
const node = currentNode();
install(node);
run(node, 'node', [join(root, 'src', 'main.ts'), ...process.argv.slice(2)], process.cwd());
