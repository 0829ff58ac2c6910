// Learning rates that shrink with depth, for fine-tuning (ELECTRA, Clark et al. 2020, appendix B).
//
// From the top: the task head has factor 1, the last layer decay, the one below decay², …, the embeddings
// decay^(layers + 1). Google's code is off by one: it starts the layers at decay² (left over from a pooler
// that was removed), which their published numbers include.

export interface LayerwiseDecayOptions {
  /** Factor per layer; ELECTRA uses 0.8 for small and base, 0.9 for large. */
  readonly decay: number;
  /** Number of layers with weights of their own; for a model that shares its layers the number of groups. */
  readonly layers: number;
  /** Repeat Google's off-by-one. */
  readonly offByOne?: boolean;
  /** Where a parameter lies; the default reads Hugging Face's names of ALBERT, BERT, ELECTRA and GPT. */
  readonly placeOf?: (name: string) => Place;
}

/** A layer's number counted from the input, or one of the two ends. */
export type Place = 'embeddings' | 'head' | number;

/**
 * Factor on the learning rate by parameter name, for the option `learningRateScale` of an optimizer.
 *
 * ALBERT with one shared layer has three places only: embeddings with their map, the layer, the head.
 *
 * @throws RangeError if `decay` is not in (0, 1] or `layers` no positive integer, or (when called) if a name lies in a layer that does not exist
 */
export function layerwiseDecay({
  decay,
  layers,
  offByOne = false,
  placeOf = placeInHuggingFaceNames,
}: LayerwiseDecayOptions): (name: string) => number {
  if (!(decay > 0 && decay <= 1))
    throw new RangeError(
      `optim: no layer-wise decay by ${decay}: expected above 0 and at most 1.\n` +
        'ELECTRA uses 0.8 for small and base models; 1 switches it off.',
    );
  if (!(Number.isInteger(layers) && layers > 0))
    throw new RangeError(
      `optim: no layer-wise decay over ${layers} layers: expected a positive integer.\n` +
        'Count the layers with weights of their own (for ALBERT the groups).',
    );
  const start = offByOne ? 2 : 1;
  return (name) => {
    const place = placeOf(name);
    if (place === 'head') return 1;
    const fromTop = place === 'embeddings' ? layers : layers - 1 - place;
    if (!(fromTop >= 0))
      throw new RangeError(
        `optim: "${name}" lies in layer ${place}, but layer-wise decay was made for ${layers} layers.\n` +
          'Count the layers with weights of their own (for ALBERT the groups).',
      );
    return decay ** (start + fromTop);
  };
}

const LAYER = /(?:encoder\.layer|albert_layer_groups|transformer\.h)\.(\d+)\./;
const EMBEDDINGS =
  /(?:^|\.)(?:embeddings|embeddings_project|embedding_hidden_mapping_in|tokens_embed|positions_embed)\./;

function placeInHuggingFaceNames(name: string): Place {
  const layer = LAYER.exec(name)?.[1];
  if (layer !== undefined) return Number(layer);
  return EMBEDDINGS.test(name) ? 'embeddings' : 'head';
}
