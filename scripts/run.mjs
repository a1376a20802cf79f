// Runs a command of this project in its folder, on a bare clone too.
//
//   node scripts/run.mjs [NAME=default…] command [argument…]
import { currentNode, install, root, run } from './bare.mjs';

const words = process.argv.slice(2);
const start = words.findIndex((word) => !/^[A-Z_]+=/.test(word));
for (const setting of words.slice(0, start)) {
  const [name, value] = setting.split('=');
  process.env[name] ??= value;
}
const node = currentNode();
install(node);
run(node, words[start], words.slice(start + 1), root);
