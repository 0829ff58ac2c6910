// What a flag may say: each function reads the text of one kind of flag, or says what it expected.

import { type GlueTask, glueTasks, recipes, type TaskName } from '@alectra/glue';
import { InvalidArgumentError } from 'commander';

/** `CoLA,SST-2`, `cola sst2`: names of the leaderboard or of Hugging Face. */
export function anyTasks(text: string, before: readonly TaskName[] = []): TaskName[] {
  return tasksAmong(Object.values(glueTasks), text, before);
}

/** The same without AX, which has no training set. */
export function tasks(text: string, before: readonly TaskName[] = []): TaskName[] {
  const trainable = Object.values(glueTasks).filter(({ splits }) => splits.train);
  return tasksAmong(trainable, text, before);
}

function tasksAmong(
  known: readonly GlueTask[],
  text: string,
  before: readonly TaskName[],
): TaskName[] {
  const named = (part: string): TaskName => {
    const plain = part.toLowerCase().replace(/[^a-z0-9]/g, '');
    const found = known.find(({ name }) => name === plain);
    if (found) return found.name;
    throw new InvalidArgumentError(`expected ${known.map(({ title }) => title).join(', ')}`);
  };
  const parts = text.split(',').filter((part) => part !== '');
  return [...new Set([...before, ...parts.map(named)])];
}

export function recipe(text: string): string {
  if (Object.hasOwn(recipes, text)) return text;
  throw new InvalidArgumentError(`expected ${Object.keys(recipes).join(', ')}`);
}

export function fill(text: string): string {
  if (text === 'majority') return text;
  throw new InvalidArgumentError('expected majority');
}

export function keep(text: string): string {
  if (text === 'last' || text === 'best') return text;
  throw new InvalidArgumentError('expected last or best');
}

export function precision(text: string): string {
  if (text === 'float32' || text === 'bf16') return text;
  throw new InvalidArgumentError('expected float32 or bf16');
}

export function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value)))
    throw new InvalidArgumentError('expected a number above 0');
  return value;
}

export function whole(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < 0)
    throw new InvalidArgumentError('expected a whole number');
  return value;
}

export function positiveWhole(text: string): number {
  const value = whole(text);
  if (value === 0) throw new InvalidArgumentError('expected a whole number above 0');
  return value;
}
