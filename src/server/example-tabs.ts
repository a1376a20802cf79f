/** Questions worth asking about the example, as the playground shows them: examples/flights tells what comes out. */
export const exampleTabs = [
  `# How good is each version, month by month? October to December came after training.
{
  first: model(name: "flights", version: "1") { ...quality }
  second: model(name: "flights", version: "2") { ...quality }
}

fragment quality on Model {
  description
  evaluation(rows: { dataset: "flights" }) {
    auc
    byPartition { slice rowCount auc gauc logLoss normalizedEntropy calibrationRatio }
    provenance { cached durationMs rowCount }
  }
}
`,
  `# What is the model made of?
{
  model(name: "flights", version: "2") {
    parameterCount
    features { name kind column group { name } }
    layers { nodes { index name kind units activation parameterCount inputs { name } } }
  }
}
`,
  `# Do the neurons behave the same on training months and after? Compare the deviations.
{
  model(name: "flights", version: "2") {
    layers(kind: [DENSE]) {
      nodes {
        name
        trained: statistics(rows: { dataset: "flights", partitionRange: { to: "9" } }) { ...status }
        after: statistics(rows: { dataset: "flights", partitionRange: { from: "10" } }) { ...status }
      }
    }
  }
}

fragment status on LayerStatistics { standardDeviation zeroFraction deadUnits }
`,
  `# Which neurons of the last hidden layer go along with the score, and with what really happened?
{
  model(name: "flights", version: "2") {
    layer(name: "relu_3") {
      neurons(
        rows: { dataset: "flights", partitions: ["10"] }
        orderBy: { field: ABS_CORRELATION_WITH_SCORE }
        first: 5
      ) {
        edges {
          node { index }
          statistics { mean standardDeviation correlationWithScore correlationWithLabel meanWhenPositive meanWhenNegative }
        }
      }
    }
  }
}
`,
  `# What do the rows look like?
{
  dataset(name: "flights") {
    rowCount
    label
    groupBy
    partitions { name rowCount positiveCount }
    columns { name type nullCount distinctCount minimum maximum }
    rows(first: 3) { nodes { index label values } }
  }
}
`,
];
