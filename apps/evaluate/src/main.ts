#!/usr/bin/env node
// Score an encoder on GLUE: fine-tune it on each task and print the model card's table.
//
//   npm run evaluate -- --model runs/quickstart --data data/glue --tasks CoLA,MRPC --seeds 3

import { registerGradients, registerKernels } from '@alectra/nn';
import * as tf from '@tensorflow/tfjs';
import { createProgram } from './command-line.js';
import { ignoreClosedPipes } from './console.js';
import { exitCodeOf } from './exit-code.js';

ignoreClosedPipes();
tf.enableProdMode(); // without it tfjs prints a banner on first use
registerKernels('cpu');
registerGradients();
try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}
