import { defineConfig } from 'tsup';
import { library } from '../../tsup.shared.js';

export default defineConfig(
  library(['src/index.ts', 'src/main.ts', 'src/chunk-worker.ts', 'src/parquet-child.ts']),
);
