// Compiles packages/owt-loader/assembly into packages/owt-loader/src/text-module.ts. Run from the repository root:
//     node tools/reference/owt_wasm.mjs [--check]
import { store } from './assembly_module.mjs';

await store({
  folder: 'packages/owt-loader/assembly',
  path: 'packages/owt-loader/src/text-module.ts',
  name: 'TEXT_MODULE',
  script: 'tools/reference/owt_wasm.mjs',
});
