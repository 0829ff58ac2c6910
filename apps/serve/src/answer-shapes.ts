// Answers of pipelines in the JSON of the Inference API. A list of inputs gets a list of answers; fill-mask unwraps a
// list of one, and text-classification wraps the answer to one text, as Python and the API of 2020 did.

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

/** JSON in which every number is one. @throws Error for NaN and infinities, which JSON would hide as null */
export function finiteJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part === 'number' && !Number.isFinite(part))
      throw new Error('serve: the model gave no number as a score (NaN).');
    return ArrayBuffer.isView(part) ? Array.from(part as Float32Array) : part;
  });
}
