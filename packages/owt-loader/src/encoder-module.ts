// A tokenizer by name, so that a worker thread can load its own: functions do not cross threads.

import type { Encoder } from './encoder.js';

/** A module, a function in it, and what to call it with. The function returns an Encoder or a promise of one. */
export interface EncoderModule {
  /** A package, or the URL of a file (import.meta.resolve gives it). */
  readonly module: string;
  /** Name of the exported function. */
  readonly name: string;
  /** Its one argument: what can be sent to a thread. */
  readonly options?: unknown;
}

export function isEncoderModule(encoder: Encoder | EncoderModule): encoder is EncoderModule {
  return 'module' in encoder;
}

/** Imports the module and makes the encoder. */
export async function loadEncoder({ module, name, options }: EncoderModule): Promise<Encoder> {
  const loaded = (await import(module)) as Record<string, unknown>;
  const make = loaded[name];
  if (typeof make !== 'function')
    throw new TypeError(
      `owt-loader: cannot load the tokenizer: ${module} exports no function "${name}".\n` +
        `Expected one that returns { encode(text) }; found ${Object.keys(loaded).join(', ') || 'nothing'}.`,
    );
  return (await make(options)) as Encoder;
}
