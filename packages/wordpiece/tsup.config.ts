import { defineConfig } from 'tsup';
import { library } from '../../tsup.shared.js';

export default defineConfig(library(['src/index.ts', 'src/corpus.ts', 'src/encode-worker.ts']));
