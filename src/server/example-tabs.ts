/** Questions worth asking about the example, as the playground shows them: examples/flights tells what comes out. */
export const exampleTabs = [
  `# How good is each version, month by month? October to December came after training.
query MonthByMonth {
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
query Structure {
  model(name: "flights", version: "2") {
    parameterCount
    features { name kind column group { name } }
    layers { nodes { index name kind units activation parameterCount inputs { name } } }
  }
}
`,
  `# Do the neurons behave the same on training months and after? Compare the deviations.
query NeuronStatus {
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
query NeuronsOfLastLayer {
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
  `# Where is version 2 worst after training? Airports, carriers, weather, or two of them together.
query WhereItIsWorst {
  model(name: "flights", version: "2") {
    evaluation(rows: { dataset: "flights", partitionRange: { from: "10" } }) {
      logLoss
      expectedCalibrationError
      reliability { low high rowCount meanScore positiveRate }
      slices(by: "carrier", first: 5) { slice rowCount auc calibrationRatio }
      weakSegments { slice rowCount auc logLoss }
    }
  }
}
`,
  `# Which features drive each version after training? Version 2 leans on the tail number.
query WhatDrivesIt {
  first: model(name: "flights", version: "1") { ...drivers }
  second: model(name: "flights", version: "2") { ...drivers }
}

fragment drivers on Model {
  saliency(rows: { dataset: "flights", partitions: ["10"] }, method: INTEGRATED_GRADIENTS) {
    convergence { meanAbsolute converged }
    features(first: 6) { rank feature { name } score share mean interval { low high } }
    groups { group { name } share }
  }
}
`,
  `# Which layers carry what decides? A logistic regression on each, fitted on the last months of training.
query WhatLayersKnow {
  model(name: "flights", version: "2") {
    probes(
      train: { dataset: "flights", partitionRange: { from: "8", to: "9" } }
      test: { dataset: "flights", partitionRange: { from: "10" } }
      options: { control: false }
      layers: ["relu", "relu_3"]
    ) {
      layer { name units }
      trainAuc
      auc
      byPartition { slice auc }
      iterations
      converged
      weights(first: 3) { neuron { index } weight }
    }
  }
}
`,
  `# What does a neuron do, and on which flights is it strongest?
query OneNeuron {
  model(name: "flights", version: "2") {
    layer(name: "relu_3") {
      neuron(index: 5) {
        statistics(rows: { dataset: "flights", partitions: ["10"] }) {
          mean
          quantiles { at value }
          histogram(bins: 20) { edges counts }
        }
        topExamples(rows: { dataset: "flights", partitions: ["10"] }, first: 3) {
          activation
          score
          row { index label values }
        }
      }
    }
  }
}
`,
  `# What would the model say of a flight that you make up?
query MakeOneUp {
  model(name: "flights", version: "2") {
    predictions(
      rows: [
        { carrier: "UA", origin: "EWR", dest: "SFO", hour: 7, weekday: 1, distance: 2565, visib: 10 }
        { carrier: "UA", origin: "EWR", dest: "SFO", hour: 21, weekday: 1, distance: 2565, visib: 0.5, precip: 0.4 }
      ]
    ) { score target }
  }
}
`,
  `# What do the rows look like?
query Rows {
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
  `# Which entries of the id tables grew from version 1 to 2? Those of rare aircraft: they are learnt by heart.
query Tables {
  first: model(name: "flights", version: "1") { ...tables }
  second: model(name: "flights", version: "2") { ...tables }
}

fragment tables on Model {
  features {
    name
    embeddings {
      entryCount
      informationAbundance
      normByFrequency(rows: { dataset: "flights", partitionRange: { to: "9" } }) { minimum maximum entryCount meanNorm }
    }
  }
}
`,
  `# Where do the two versions part? Linear CKA of every layer of one with every layer of the other, and the hidden space.
query Representations {
  model(name: "flights", version: "2") {
    similarity(
      rows: { dataset: "flights", partitionRange: { from: "10" }, sample: 20000 }
      with: { name: "flights", version: "1" }
    ) { baseLayers { name } candidateLayers { name } values plot }
    layer(name: "relu_3") {
      projection(rows: { dataset: "flights", partitionRange: { from: "10" }, sample: 500 }) { explainedVariance plot }
    }
  }
}
`,
  `# Which features does version 2 lean on more than version 1? Compare the shares, after training: the tail number.
query LeansOn {
  first: model(name: "flights", version: "1") { ...leans }
  second: model(name: "flights", version: "2") { ...leans }
}

fragment leans on Model {
  saliency(rows: { dataset: "flights", partitions: ["10"] }, method: INTEGRATED_GRADIENTS) {
    convergence { meanAbsolute converged }
    features { feature { name } rank share }
  }
}
`,
  `# One flight, explained by both versions. It was on time; version 2 would have bet on late, because of the aircraft among others.
query OneFlight {
  first: model(name: "flights", version: "1") { ...why }
  second: model(name: "flights", version: "2") { ...why }
}

fragment why on Model {
  explanations(
    rows: {
      dataset: "flights"
      where: [{ column: "date", op: EQ, value: "2013-10-02" }, { column: "flight", op: EQ, value: 5387 }]
    }
  ) {
    nodes {
      row { index label }
      score
      target
      baselineValue
      convergenceDelta
      attributions(first: 6) { feature { name } value attribution }
      plot
    }
  }
}
`,
  `# How does version 1 answer to the hour, and which features work together?
query HourAndPairs {
  model(name: "flights", version: "1") {
    response(
      feature: "hour"
      rows: { dataset: "flights", partitions: ["10"] }
      target: { space: PROBABILITY }
    ) {
      points { value mean standardDeviation }
    }
    interactions(
      rows: { dataset: "flights", partitions: ["10"] }
      features: ["tailnum", "flight", "carrier", "hour", "humid"]
      first: 5
    ) {
      features { name }
      score
      share
    }
  }
}
`,
  `# What would the models be without the tail number? What version 2 loses is what it has learnt by heart.
query WithoutTheTailNumber {
  first: model(name: "flights", version: "1") { ...without }
  second: model(name: "flights", version: "2") { ...without }
}

fragment without on Model {
  training: intervention(
    set: [{ feature: { name: "tailnum", value: null } }]
    rows: { dataset: "flights", partitions: ["9"] }
  ) { ...change }
  later: intervention(
    set: [{ feature: { name: "tailnum", value: null } }]
    rows: { dataset: "flights", partitions: ["10"] }
  ) { ...change }
}

fragment change on Intervention {
  before { auc logLoss }
  after { auc logLoss }
  aucDifference
  logLossDifference
  scoreChange { psi wasserstein }
}
`,
  `# What has changed from the months of training to those after: rows, neurons, what drives version 2?
query Drift {
  model(name: "flights", version: "2") {
    drift(
      reference: { dataset: "flights", partitionRange: { to: "9" } }
      current: { dataset: "flights", partitionRange: { from: "10" } }
    ) {
      aucReference
      aucCurrent
      score { psi ks }
      features { feature { name } shift { psi ks } unseen missingReference missingCurrent }
      neurons(first: 5) { neuron { index layer { name } } shift { psi } meanChange }
      saliencyRankCorrelation
      plot
    }
  }
}
`,
  `# Is version 2 better than version 1, in all, by month and by airport, and on which flights do they disagree most?
query VersionsCompared {
  model(name: "flights", version: "2") {
    comparison(with: { name: "flights", version: "1" }, rows: { dataset: "flights", partitionRange: { from: "10" } }) {
      aucDifference
      aucDifferenceInterval { low high }
      aucPValue
      flipRate
      byPartition { slice aucDifference aucDifferenceInterval { low high } }
      slices(by: "origin") { slice rowCount aucDifference aucPValue }
      disagreements(first: 3) { row { index label values } baseScore candidateScore }
      plot
    }
  }
}
`,
  `# How has version 2 fared, month by month?
query History {
  model(name: "flights", version: "2") {
    history(rows: { dataset: "flights" }) {
      partition
      evaluation { auc aucInterval { low high } logLoss }
      statistics(layer: "relu_3") { standardDeviation zeroFraction }
    }
    historyPlot(rows: { dataset: "flights" }, reference: { dataset: "flights", partitionRange: { to: "9" } })
  }
}
`,
];
