// Compiles packages/wordpiece/assembly into packages/wordpiece/src/engine-module.ts. Run from the repository root:
//     node tools/reference/wordpiece_wasm.mjs [--check]
import { store } from './assembly_module.mjs';

await store({
  folder: 'packages/wordpiece/assembly',
  path: 'packages/wordpiece/src/engine-module.ts',
  name: 'ENGINE_MODULE',
  script: 'tools/reference/wordpiece_wasm.mjs',
});
