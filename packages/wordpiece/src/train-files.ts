// Training from files: words are counted a line at a time, by several threads if wanted. Counts add up,
// so the vocabulary does not depend on the number of threads.

import { requireTexts } from './arguments.js';
import { readFile, wholeLines } from './byte-stream.js';
import { countInWorkers } from './encode-workers.js';
import { requireCount } from './option-checks.js';
import { learnVocabulary, newCounter, type TrainOptions } from './train.js';

export interface TrainFilesOptions extends TrainOptions {
  /** Threads beside this one. Default 0: this thread counts. */
  readonly workers?: number;
}

const CHUNK = 1 << 20;

/**
 * Learns a vocabulary from the lines of text files in UTF-8; Node only.
 *
 * @returns the lines of its vocab.txt, in id order
 * @throws TypeError unless `paths` is an array of strings
 */
export async function trainWordPieceFiles(
  paths: readonly string[],
  options: TrainFilesOptions = {},
): Promise<string[]> {
  requireTexts(paths, 'paths');
  const { workers = 0, ...training } = options;
  requireCount('workers', workers, 0);
  const counter = newCounter(training);
  const chunks = fileChunks(paths);
  if (workers > 0) {
    for (const part of await countInWorkers(chunks, workers, training)) counter.addPacked(part);
  } else {
    for await (const chunk of chunks) countLines(counter, chunk);
  }
  return learnVocabulary(counter.words(), training);
}

/** Counts the words of whole lines of UTF-8; bytes that are none count as U+FFFD. */
export function countLines(counter: { add(text: string): void }, chunk: Uint8Array): void {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(chunk);
  for (const line of text.split('\n')) counter.add(line);
}

async function* fileChunks(paths: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const path of paths) yield* wholeLines(readFile(path), CHUNK);
}
