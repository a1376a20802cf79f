/**
 * Which folder of src/ may import which: graph → questions → planner → analysis → compute contracts, with data and store at the side.
 * A folder that has no row may import nothing and be imported by nobody.
 */
const contracts =
  'src/compute/(tensor|program|expression-ids|graph|executor|signs-of-life|expressions|runs|made-up)\\.ts$';
const everybody = [
  'src/errors\\.ts$',
  'src/limits\\.ts$',
  'src/similar\\.ts$',
  'src/flaw\\.ts$',
  'src/exact-json\\.ts$',
  'src/disk-full\\.ts$',
  'src/using\\.ts$',
  'src/at-work\\.ts$',
  'src/any-signal\\.ts$',
];
const arrows = {
  [contracts]: [contracts],
  'src/compute/files/': [contracts],
  'src/compute/structure/': [contracts],
  'src/compute/onnx/': [contracts, 'src/compute/(files|structure)/'],
  'src/compute/tfjs/': [contracts, 'src/compute/(files|structure)/'],
  'src/compute/executors\\.ts$': [contracts, 'src/compute/([^/]+/executor|files/foreign)\\.ts$'],
  'src/compute/process/': [contracts, 'src/pass/protocol\\.ts$'],
  'src/data/': [contracts],
  'src/analysis/': [contracts, 'src/data/'],
  'src/plots/': ['src/analysis/'],
  'src/pass/': ['src/compute/', 'src/data/', 'src/analysis/'],
  'src/store/': [contracts, 'src/data/', 'src/pass/protocol\\.ts$'],
  'src/jobs/': [contracts, 'src/compute/process/', 'src/data/', 'src/store/', 'src/pass/protocol\\.ts$'],
  'src/planner/': [contracts, 'src/data/', 'src/analysis/', 'src/store/', 'src/jobs/', 'src/pass/protocol\\.ts$'],
  'src/registry/': [
    contracts,
    'src/compute/process/(pool|lost)\\.ts$',
    'src/data/',
    'src/store/',
    'src/pass/protocol\\.ts$',
    'src/planner/question\\.ts$',
  ],
  'src/questions/': [
    contracts,
    'src/compute/process/(pool|lost)\\.ts$',
    'src/data/',
    'src/analysis/',
    'src/store/',
    'src/planner/',
    'src/pass/protocol\\.ts$',
  ],
  'src/graph/': [
    contracts,
    'src/compute/(executors|process/(pool|lost))\\.ts$',
    'src/data/',
    'src/analysis/',
    'src/store/',
    'src/jobs/',
    'src/pass/protocol\\.ts$',
    'src/planner/',
    'src/questions/',
    'src/plots/',
    'src/registry/',
  ],
  'src/cli/': ['src/server/', 'src/store/(archive|database)\\.ts$'],
  'src/server/': [
    'src/compute/process/(pool|limits)\\.ts$',
    'src/pass/protocol\\.ts$',
    'src/graph/',
    'src/store/',
    'src/jobs/',
    'src/planner/',
    'src/registry/',
  ],
};

const arrow = (folder, targets) => ({
  name: `${folder} imports what it may`,
  severity: 'error',
  from: { path: `^${folder}` },
  to: { path: '^src/', pathNot: [folder, ...targets, ...everybody].map((path) => `^${path}`) },
});

export default {
  forbidden: [
    { name: 'no cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'only what exists', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'src does not import tests',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|examples)/' },
    },
    {
      name: 'every folder has its arrows',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: Object.keys(arrows).map((path) => `^${path}`) },
      to: { path: '^src/' },
    },
    {
      name: 'graph exposes: it asks through questions, and takes of what is below them nothing but types',
      severity: 'error',
      from: { path: '^src/graph/' },
      to: { path: '^src/(analysis|planner|pass)/', dependencyTypesNot: ['type-only'] },
    },
    ...Object.entries(arrows).map(([folder, targets]) => arrow(folder, targets)),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
