import * as albert from '@alectra/albert';
import * as electraTask from '@alectra/electra-task';
import * as jit from '@alectra/jit';
import * as nn from '@alectra/nn';
import * as optim from '@alectra/optim';
import * as wordpiece from '@alectra/wordpiece';
import * as tf from '@tensorflow/tfjs';
import train from './train.cjs';

await train({ tf, wordpiece, nn, albert, electraTask, optim, jit });
