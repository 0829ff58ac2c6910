// The whole program, from text to exported model, killed with `kill -9` at random moments and resumed: in the end
// the same bits as an uninterrupted run. At least 20 kills; ALECTRA_SLOW=short makes 3.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readCheckpoint, readMetrics, timeFields } from '@alectra/trainer';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const KILLS = process.env.ALECTRA_SLOW === 'short' ? 3 : 20;
const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const STEPS = 40;
const RECIPE = {
  preset: 'quickstart',
  data: { sequenceLength: 16, heldOut: 0.1 },
  vocabulary: { size: 200 },
  model: { embeddingSize: 16, hiddenDropoutProb: 0.1 },
  generator: { hiddenSize: 16, numHiddenLayers: 1, numAttentionHeads: 1, intermediateSize: 32 },
  discriminator: { hiddenSize: 16, numHiddenLayers: 2, numAttentionHeads: 2, intermediateSize: 32 },
  schedule: { steps: STEPS, warmupSteps: 4 },
  batch: { size: 8, microSize: 4 },
  intervals: { logSteps: 3, evaluateSteps: 8, checkpointSteps: 4, checkpointSeconds: 0 },
  evaluation: { examples: 32 },
  threads: 1,
};

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'pretrain-kill-'));
  writeFileSync(join(root, 'recipe.json'), JSON.stringify(RECIPE));
  writeFileSync(join(root, 'text.jsonl'), text());
});
afterAll(() => rmSync(root, { recursive: true }));

/** Sentences of a small grammar, one document a line. */
function text(): string {
  const subjects = ['the cat', 'a dog', 'the old bird', 'my friend'];
  const verbs = ['sees', 'likes', 'follows', 'finds'];
  const lines: string[] = [];
  for (let i = 0; i < 300; i++) {
    const of = (words: string[], by: number): string =>
      words[Math.floor(i / by) % words.length] ?? '';
    const sentence = `${of(subjects, 1)} ${of(verbs, 4)} ${of(subjects, 16)} number ${i}.`;
    lines.push(JSON.stringify({ text: `${sentence} ${sentence.toUpperCase()}` }));
  }
  return `${lines.join('\n')}\n`;
}

/** Runs or resumes; true when it finished, false when it was killed. */
function run(folder: string, killAfterMs?: number): Promise<boolean> {
  const flags = existsSync(join(folder, 'config.json'))
    ? ['--resume', folder]
    : ['--recipe', join(root, 'recipe.json'), '--text', join(root, 'text.jsonl'), '--out', folder];
  const node = ['--import', 'tsx', '--conditions=@alectra/source', MAIN, ...flags];
  const child = spawn(process.execPath, node, { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const timer =
    killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  return new Promise((resolve, reject) => {
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      if (signal === 'SIGKILL' || code === 0) resolve(code === 0);
      else reject(new Error(`the run ended with code ${code}: ${errors}`));
    });
  });
}

async function outcome(folder: string) {
  const last = join(folder, `checkpoints/step-${String(STEPS).padStart(6, '0')}`);
  const { parameters, optimizer } = await readCheckpoint(last);
  const lines = (await readMetrics(join(folder, 'metrics.jsonl'))).map((line) =>
    Object.fromEntries(Object.entries(line).filter(([key]) => !timeFields.includes(key))),
  );
  const exported = ['generator', 'discriminator'].map((network) =>
    readFileSync(join(folder, 'model', network, 'model.safetensors')).toString('hex'),
  );
  return { parameters, optimizer, lines, exported };
}

test(
  `pretraining killed ${KILLS} times ends with the bits of an uninterrupted run`,
  async () => {
    const whole = join(root, 'whole');
    const began = Date.now();
    expect(await run(whole)).toBe(true);
    const duration = Date.now() - began;
    const expected = await outcome(whole);
    expect(expected.lines.length).toBeGreaterThan(15);

    let kills = 0;
    for (let round = 0; kills < KILLS; round++) {
      const folder = join(root, `round-${round}`);
      for (let isDone = false; !isDone; ) {
        isDone = await run(folder, kills < KILLS ? Math.random() * duration : undefined);
        if (!isDone) kills++;
      }
      expect(await outcome(folder)).toEqual(expected);
      rmSync(folder, { recursive: true });
    }
  },
  20 * 60_000,
);
