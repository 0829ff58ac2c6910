#!/usr/bin/env node
// Pretrain ALECTRA: raw text → vocabulary → shards → training → a Hugging Face folder that answers.
//
//   npm run quickstart
//   npm run pretrain -- --preset alectra-small-owt --text corpus/ --out runs/small

import { registerKernels } from '@alectra/nn';
import * as tf from '@tensorflow/tfjs';
import { createProgram } from './command-line.js';
import { ignoreClosedPipes } from './console.js';
import { exitCodeOf } from './exit-code.js';

ignoreClosedPipes();
tf.enableProdMode(); // without it tfjs prints a banner on first use
registerKernels('cpu');
try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}
