/** Draws the plots of docs/analyses/plots: node scripts/plots.ts <endpoint of a server with the example> [file …] */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

const trained = '{ dataset: "flights", partitionRange: { to: "9" } }';
const after = '{ dataset: "flights", partitionRange: { from: "10" } }';

const probes = (version: number): string =>
  `{ model(name: "flights", version: "${version}") {
    probePlot(train: ${trained}, test: { dataset: "flights" }, options: { control: false })
  } }`;
const tails = (version: number): string =>
  `{ model(name: "flights", version: "${version}") {
    features { name embeddings { normByFrequencyPlot(rows: ${trained}) } }
  } }`;

/** What each file shows. */
const documents: Readonly<Record<string, string>> = {
  'probes-1': probes(1),
  'probes-2': probes(2),
  'tailnum-1': tails(1),
  'tailnum-2': tails(2),
  versions: `{ model(name: "flights", version: "2") {
    similarity(rows: ${after}, with: { name: "flights", version: "1" }) { plot }
  } }`,
  'hidden-2': `{ model(name: "flights", version: "2") { layer(name: "relu_3") {
    projection(rows: { dataset: "flights", partitionRange: { from: "10" }, sample: 400 }) { plot }
  } } }`,
};

interface Answer {
  readonly data: {
    readonly model: {
      readonly probePlot?: TopLevelSpec;
      readonly similarity?: { readonly plot: TopLevelSpec };
      readonly layer?: { readonly projection: { readonly plot: TopLevelSpec } };
      readonly features?: readonly {
        readonly name: string;
        readonly embeddings: readonly { readonly normByFrequencyPlot: TopLevelSpec }[];
      }[];
    };
  };
}

const [endpoint = 'http://127.0.0.1:4000/graphql', ...names] = process.argv.slice(2);
for (const name of names.length > 0 ? names : Object.keys(documents)) {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'wait=600' },
    body: JSON.stringify({ query: documents[name] }),
  });
  const { model } = ((await response.json()) as Answer).data;
  const tail = model.features?.find((feature) => feature.name === 'tailnum')?.embeddings[0]?.normByFrequencyPlot;
  const plot = model.probePlot ?? model.similarity?.plot ?? model.layer?.projection.plot ?? tail;
  if (plot === undefined) throw new Error(`there is no plot for “${name}”`);
  const svg = await new View(parse(compile(plot).spec)).toSVG();
  await writeFile(join(import.meta.dirname, '../docs/analyses/plots', `${name}.svg`), svg);
}
