// The networks of replaced-token detection as stateless objects, of the shape that `@alectra/electra-task` asks for;
// parameters are always arguments.

import {
  type MaskedLMGenerator,
  type ReplacedTokenDiscriminator,
  tokenDiscriminator,
} from '@alectra/nn';
import { bertLogitsAt } from './bert-heads.js';
import type { BertConfig, ElectraConfig } from './config.js';
import { electraLogitsAt, electraPreTraining } from './electra-heads.js';
import { BertForTokenClassification } from './models.js';

/** A generator with the parameters of `ElectraForMaskedLM`. */
export function electraGenerator(config: ElectraConfig): MaskedLMGenerator {
  return {
    logitsAt: (params, inputs, positions, options) =>
      electraLogitsAt(params, config, inputs, positions, options),
  };
}

/** A discriminator with the parameters of `ElectraForPreTraining`. */
export function electraDiscriminator(config: ElectraConfig): ReplacedTokenDiscriminator {
  return {
    tokenLogits: (params, inputs, options) =>
      electraPreTraining.forward(params, config, inputs, options).logits,
  };
}

/** A generator with the parameters of `BertForMaskedLM`. */
export function bertGenerator(config: BertConfig): MaskedLMGenerator {
  return {
    logitsAt: (params, inputs, positions, options) =>
      bertLogitsAt(params, config, inputs, positions, options),
  };
}

/** A discriminator with the parameters of `BertForTokenClassification`. */
export function bertDiscriminator(config: BertConfig): ReplacedTokenDiscriminator {
  return tokenDiscriminator((params, inputs, options) =>
    BertForTokenClassification.forward(params, config, inputs, options),
  );
}
