// Who may import whom: the picture in docs/architecture.md, as rules.
// Tests may reach across packages (a model is tested on the engines, a task with a real model).
const allowed = {
  files: [],
  wordpiece: [],
  nn: [],
  optim: [],
  checkpoint: ['files'],
  'owt-loader': ['files'],
  jit: ['files'],
  albert: ['nn', 'checkpoint'],
  bert: ['nn', 'checkpoint'],
  gpt: ['nn', 'checkpoint'],
  'electra-task': ['nn'],
  glue: ['optim', 'files'],
  trainer: ['files', 'checkpoint', 'jit', 'optim'],
  pipelines: ['jit'],
};

const packages = Object.entries(allowed).map(([name, may]) => ({
  name: `${name}-imports`,
  comment: `@alectra/${name} may import ${may.length ? may.join(', ') : 'no package of ours'}`,
  severity: 'error',
  from: { path: `^packages/${name}/src/`, pathNot: '(\\.test\\.ts|test-support\\.ts)$' },
  to: { path: '^packages/', pathNot: `^packages/(${[name, ...may].join('|')})/` },
}));

module.exports = {
  forbidden: [
    ...packages,
    {
      name: 'nothing-imports-an-app',
      severity: 'error',
      from: { path: '^(packages|bench)/' },
      to: { path: '^apps/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'tests-stay-tests',
      severity: 'error',
      from: { path: '^(packages|apps)/', pathNot: '(\\.test\\.ts|test-support\\.ts)$' },
      to: { path: '(\\.test\\.ts|test-support\\.ts)$' },
    },
    {
      name: 'resolvable',
      comment: 'a path that does not resolve is a phantom import',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(/dist/|\\.tsbuild)' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@alectra/source', 'import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
    },
  },
};
