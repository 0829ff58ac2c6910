// The train step on a WebGPU device without a GPU: SwiftShader, from Debian's package `chromium`.
//
// The provider refuses a step of which any operator would run on the processor, so that it runs shows that none does.
// Not in the short form, in which packages/jit trains something smaller on the same device.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { startContestant } from './contestant.js';
import { nodeFromSource } from './train-step.js';

const CHROMIUM = '/usr/lib/chromium';
const driver = `${CHROMIUM}/vk_swiftshader_icd.json`;
const hasDevice = existsSync(driver) && existsSync(`${CHROMIUM}/libvulkan.so.1`);

async function firstLoss(provider: string): Promise<number> {
  const worker = fileURLToPath(new URL('./jit-worker.ts', import.meta.url));
  const contestant = await startContestant(
    provider,
    [...nodeFromSource(), worker, '--provider', provider, '--size', 'small'],
    { VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: CHROMIUM },
  );
  contestant.stop();
  return contestant.about.firstLoss as number;
}

(hasDevice && process.env.ALECTRA_SLOW !== 'short' ? test : test.skip)(
  'the train step runs on WebGPU as a whole, and computes the same',
  async () => {
    const expected = await firstLoss('cpu');
    expect(Math.abs((await firstLoss('webgpu')) - expected) / expected).toBeLessThan(2e-4);
  },
  1_200_000,
);
