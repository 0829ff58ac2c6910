// Which folder `--model` means, and what it is called in tables and folder names.

import { existsSync, statSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';

/** A run of `npm run pretrain` stands for its discriminator; everything else is taken as it is. */
export function modelFolder(model: string): string {
  const exported = join(model, 'model', 'discriminator');
  return existsSync(join(exported, 'config.json')) ? exported : model;
}

/** `runs/quickstart/model/discriminator` → `quickstart-discriminator`; a hub id keeps its own name. */
export function modelName(model: string): string {
  if (!statSync(model, { throwIfNoEntry: false })?.isDirectory()) return model;
  const parts = resolve(model).split(sep).filter(Boolean);
  const telling = parts.filter((part, place) => part !== 'model' || place === parts.length - 1);
  const last = telling.at(-1) ?? 'model';
  const isPart = ['discriminator', 'generator', 'model'].includes(last);
  return isPart ? telling.slice(-2).join('-') : last;
}
