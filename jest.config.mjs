// Tests run from source: no build first, no type-check here.
import { fileURLToPath } from 'node:url';

const environment = fileURLToPath(new URL('./jest.environment.mjs', import.meta.url));

// PyTorch, where a test asks it, otherwise spins while its other thread waits for a core: eleven times as long beside
// a second package's tests
process.env.OMP_WAIT_POLICY ??= 'PASSIVE';

export default {
  testEnvironment: environment,
  testMatch: ['**/src/**/*.test.ts'],
  // against tests that hang: how long one takes on a busy machine says nothing
  testTimeout: 60_000,
  testPathIgnorePatterns: ['/node_modules/', '\\.slow\\.test\\.ts$'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testEnvironmentOptions: { customExportConditions: ['@alectra/source', 'node', 'node-addons'] },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
};
