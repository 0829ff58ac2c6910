// Which engines a test table runs on: `tensorflow` joins when ALECTRA_TFJS_NODE names a folder whose
// node_modules has @tensorflow/tfjs-node (or tfjs-node-gpu) with its native part.

import type { EngineName } from '../engine.js';
import { findTensorflow } from './addon.js';

/** Folder with tfjs-node for tests, if there is one. */
export const TFJS_NODE: string | undefined = process.env.ALECTRA_TFJS_NODE;

export const hasTensorflow: boolean =
  TFJS_NODE !== undefined && findTensorflow(TFJS_NODE)?.binding !== undefined;

/** `engines`, and tensorflow where it is installed. */
export function withTensorflow(...engines: EngineName[]): EngineName[] {
  return hasTensorflow ? [...engines, 'tensorflow'] : engines;
}
