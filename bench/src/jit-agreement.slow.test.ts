// A hundred train steps on every engine against the eager one, on a small model.
//
// With the sampled tokens fed in, all engines see the same text: losses must agree. Running free, a logit that rounds
// differently flips a sampled token sooner or later, and from there on the text differs: they must agree until then,
// and the test names that token. Weights are not compared: the gradient of a key's bias is nothing but rounding, and
// Adam makes a full step of it.

import '@tensorflow/tfjs';
import { compile, type EngineName, type HostTensor } from '@alectra/jit';
import { hostRandomBits, registerGradients, registerKernels } from '@alectra/nn';
import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { trainStepProgram } from './train-step-program.js';
import { SMALL_STEP, type TrainStepShape, WIDE_STEP } from './train-step-shape.js';

const TFJS_NODE = process.env.ALECTRA_TFJS_NODE;
const ENGINES: EngineName[] = TFJS_NODE ? ['onnxruntime', 'tensorflow'] : ['onnxruntime'];
if (!TFJS_NODE) test.skip('engine tensorflow: ALECTRA_TFJS_NODE names no folder', () => {});

const STEPS = process.env.ALECTRA_SLOW === 'short' ? 20 : 100;
const TOLERANCE = 2e-4;
/** A token that flips earlier than this is no rounding. */
const SURELY_EQUAL = 10;

interface Ran {
  readonly loss: number;
  readonly sampled: Int32Array;
}

tf.env().set('IS_TEST', true);
beforeAll(async () => {
  await tf.setBackend('cpu');
  registerKernels('cpu');
  registerGradients();
});

interface Protocol {
  readonly shape: TrainStepShape;
  /** Whether the sampled tokens are given. */
  readonly fed: boolean;
}

const FED: Protocol = { shape: SMALL_STEP, fed: true };
const FREE: Protocol = { shape: SMALL_STEP, fed: false };
const WIDE: Protocol = { shape: WIDE_STEP, fed: true };

/** The run of the reference, made once for all engines. */
const references = new Map<Protocol, Promise<Ran[]>>();

function reference(protocol: Protocol): Promise<Ran[]> {
  const found = references.get(protocol);
  if (found) return found;
  const made = run('eager', protocol);
  references.set(protocol, made);
  return made;
}

async function run(engine: EngineName, { shape, fed }: Protocol): Promise<Ran[]> {
  const { initialState, inputSpecs, randomBatch, trainStep } = trainStepProgram(shape);
  const program = await compile(trainStep, {
    state: initialState(),
    inputs: inputSpecs({ sampled: fed }),
    engine,
    tensorflowFrom: TFJS_NODE,
  });
  const steps: Ran[] = [];
  for (let step = 1; step <= STEPS; step++) {
    const inputs = {
      ...randomBatch(step % 5), // text that comes back can be learnt
      seed: Int32Array.of(3),
      counter: Int32Array.of(step),
      learningRate: Float32Array.of(5e-4),
      ...(fed && { sampled: replacements(step, shape) }),
    };
    const { loss, sampled } = (await program.run(inputs)) as Record<string, HostTensor>;
    steps.push({ loss: loss.data[0], sampled: sampled.data as Int32Array });
  }
  program.dispose();
  return steps;
}

const replacements = (step: number, { batch, slots }: TrainStepShape): Int32Array =>
  hostRandomBits(5, step, 'sampled', batch * slots).map((bits) => 110 + (bits % 190));

const relative = (found: Ran, expected: Ran): number =>
  Math.abs(found.loss - expected.loss) / Math.abs(expected.loss);

describe.each(ENGINES)('engine %s agrees with eager', (engine) => {
  const cases: [string, Protocol][] = [
    ['', FED],
    [', with arrays that XLA compiles', WIDE],
  ];
  test.each(engine === 'tensorflow' ? cases : cases.slice(0, 1))(
    `within 2e-4 over ${STEPS} steps with the sampled tokens fed in%s`,
    async (_, protocol) => {
      const [found, expected] = [await run(engine, protocol), await reference(protocol)];
      expect(Math.max(...found.map((ran, at) => relative(ran, expected[at])))).toBeLessThan(
        TOLERANCE,
      );
      expect(expected[STEPS - 1].loss).toBeLessThan(expected[0].loss - 1); // there was something to agree on
    },
    1_800_000,
  );

  test('until the first sampled token that flips, when it draws them itself', async () => {
    const [found, expected] = [await run(engine, FREE), await reference(FREE)];
    const flips = found.map((ran, at) => firstFlip(ran.sampled, expected[at].sampled));
    const flipped = flips.findIndex((flip) => flip !== undefined);
    const equal = flipped < 0 ? STEPS : flipped;
    process.stderr.write(
      `${engine}: ${flipped < 0 ? `no token flips in ${STEPS} steps` : `step ${flipped + 1}, ${flips[flipped]}`}\n`,
    );
    expect(equal).toBeGreaterThanOrEqual(SURELY_EQUAL);
    const worst = Math.max(...found.slice(0, equal).map((ran, at) => relative(ran, expected[at])));
    expect(worst).toBeLessThan(TOLERANCE);
  }, 1_800_000);
});

/** Names the first slot whose sampled token differs. */
function firstFlip(found: Int32Array, expected: Int32Array): string | undefined {
  const at = found.findIndex((token, index) => token !== expected[index]);
  if (at < 0) return undefined;
  const [row, slot] = [Math.floor(at / SMALL_STEP.slots), at % SMALL_STEP.slots];
  return `row ${row}, slot ${slot}: token ${found[at]} instead of ${expected[at]}`;
}
