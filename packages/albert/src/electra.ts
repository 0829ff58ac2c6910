// ALBERT as the two networks of replaced-token detection (Clark et al. 2020, https://arxiv.org/abs/2003.10555):
// stateless objects of the shape that `@alectra/electra-task` asks for; parameters are always arguments.

import {
  type HostTensors,
  type InitScheme,
  type MaskedLMGenerator,
  type ReplacedTokenDiscriminator,
  tokenDiscriminator,
} from '@alectra/nn';
import type { AlbertConfig } from './config.js';
import { albertTokenClassification, logitsAt } from './heads.js';
import { AlbertForMaskedLM, AlbertForTokenClassification } from './models.js';

/** A generator with the parameters of `AlbertForMaskedLM`. */
export function albertMaskedLM(config: AlbertConfig): MaskedLMGenerator {
  return {
    logitsAt: (params, inputs, positions, options) =>
      logitsAt(params, config, inputs, positions, options),
  };
}

/** A discriminator with the parameters of `AlbertForTokenClassification`. */
export function albertTokenClassifier(config: AlbertConfig): ReplacedTokenDiscriminator {
  return tokenDiscriminator((params, inputs, options) =>
    albertTokenClassification.forward(params, config, inputs, options),
  );
}

/** Initial weights of a generator, as plain data. */
export function initAlbertForMaskedLM(
  config: AlbertConfig,
  seed: number,
  scheme?: InitScheme,
): HostTensors {
  return AlbertForMaskedLM.initialTensors(config, { seed, scheme });
}

/** Initial weights of a discriminator, as plain data. */
export function initAlbertForTokenClassification(
  config: AlbertConfig,
  seed: number,
  scheme?: InitScheme,
): HostTensors {
  return AlbertForTokenClassification.initialTensors(config, { seed, scheme });
}
