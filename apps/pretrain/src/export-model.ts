// The result of a run as two Hugging Face folders: model/generator answers fill-mask, model/discriminator tells
// replaced tokens from original ones.

import { join } from 'node:path';
import { fromHostTensor, writeModelFolder } from '@alectra/checkpoint';
import { writeFolderAtomic } from '@alectra/files';
import type { HostTensor } from '@alectra/jit';
import type { HostTensors } from '@alectra/trainer';
import type { WordPieceTokenizer } from '@alectra/wordpiece';
import { type ModelFacts, modelCard } from './model-card.js';
import type { Networks } from './networks.js';

export const MODEL_FOLDER = 'model';

/** Writes `<folder>/model`, replacing an older one, whole or not at all. A uniform generator has nothing to write. */
export async function exportModel(
  folder: string,
  networks: Networks,
  parameters: HostTensors,
  tokenizer: WordPieceTokenizer,
  facts: ModelFacts,
): Promise<string> {
  const path = join(folder, MODEL_FOLDER);
  const { task } = networks;
  await writeFolderAtomic(
    path,
    async (temporary) => {
      const save = async (
        network: 'generator' | 'discriminator',
        weights: Readonly<Record<string, HostTensor>>,
      ): Promise<void> => {
        const target = join(temporary, network);
        await writeModelFolder(target, {
          config: networks[`${network}Config`],
          weights: Object.fromEntries(
            Object.entries(weights).map(([name, tensor]) => [name, fromHostTensor(tensor)]),
          ),
          files: { 'README.md': modelCard(network, facts) },
        });
        await tokenizer.save(target);
      };
      if (!task.settings.uniformGenerator)
        await save('generator', task.generatorParams(parameters));
      await save('discriminator', task.discriminatorParams(parameters));
    },
    { replace: true },
  );
  return path;
}
