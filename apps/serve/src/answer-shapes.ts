// Answers of pipelines in the JSON of the Inference API. A list of inputs gets a list of answers; fill-mask unwraps a
// list of one, and text-classification wraps the answer to one text, as Python and the API of 2020 did.

import { InputError } from '@alectra/pipelines';
import type { TaskParameters } from './protocol.js';
import type { TaskName } from './task-name.js';

/** @param answers one an input, as Python's pipeline gives them */
export function shapeAnswer(
  task: TaskName,
  answers: readonly unknown[],
  { isList, parameters }: { readonly isList: boolean; readonly parameters: TaskParameters },
): unknown {
  const shaped =
    task === 'fill-mask' && parameters.flatten === true ? answers.map(flattenMasks) : answers;
  if (task === 'text-classification') return shaped;
  const isBare = !isList || (task === 'fill-mask' && shaped.length === 1);
  return isBare ? shaped[0] : shaped;
}

/** One list over all masks, each entry with the number of its mask. */
function flattenMasks(answer: unknown): unknown {
  const lists: readonly unknown[] =
    Array.isArray(answer) && Array.isArray(answer[0]) ? answer : [answer];
  return lists.flatMap((list, maskIndex) =>
    (list as readonly object[]).map((entry) => ({ ...entry, mask_index: maskIndex })),
  );
}

/** Numbers of one answer, about 80 MB of JSON: all tokens of 85 texts of 64 tokens and 768 numbers each. */
const MAX_NUMBERS = 2 ** 22;

/** @throws InputError for an answer that would fill the server's memory while it is sent */
export function checkAnswerSize(answer: unknown): void {
  const numbers = numbersIn(answer);
  if (numbers > MAX_NUMBERS)
    throw new InputError(
      'too-long',
      `the answer has ${numbers} numbers: at most ${MAX_NUMBERS} are sent at once.\nAsk for fewer texts, or pool.`,
    );
}

function numbersIn(value: unknown): number {
  if (ArrayBuffer.isView(value)) return (value as Float32Array).length;
  if (!Array.isArray(value)) return 0;
  if (typeof value[0] === 'number') return value.length;
  return value.reduce((sum: number, part) => sum + numbersIn(part), 0);
}

/** JSON in which every number is one. @throws Error for NaN and infinities, which JSON would hide as null */
export function finiteJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part === 'number' && !Number.isFinite(part))
      throw new Error('serve: the model gave no number as a score (NaN).');
    return ArrayBuffer.isView(part) ? Array.from(part as Float32Array) : part;
  });
}
