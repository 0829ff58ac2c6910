import { defineConfig } from 'tsup';
import { library } from '../../tsup.shared.js';

const entries = ['index', 'main', 'chunk-worker', 'blueprint-encoder', 'parquet-child'];

export default defineConfig(library(entries.map((name) => `src/${name}.ts`)));
