// 100,000 mutated config.json, a quarter for each family: refused by name, or a config of sizes that can be.
//
// ALECTRA_SLOW=short runs a twenty-fifth of them.

import { parameterCount } from '@alectra/nn';
import { expect, test } from '@jest/globals';
import { albertConfig, albertConfigFromJson, albertConfigToJson } from '../../albert/src/config.js';
import { AlbertForMaskedLM } from '../../albert/src/models.js';
import { mutate } from '../../checkpoint/src/mutated-bytes.test-support.js';
import { gptConfig, gptConfigFromJson, gptConfigToJson } from '../../gpt/src/config.js';
import { OpenAIGPTLMHeadModel } from '../../gpt/src/models.js';
import {
  bertConfig,
  bertConfigFromJson,
  bertConfigToJson,
  electraConfig,
  electraConfigFromJson,
  electraConfigToJson,
} from './config.js';
import { BertForMaskedLM, ElectraForMaskedLM } from './models.js';

const FILES = process.env.ALECTRA_SLOW === 'short' ? 1_000 : 25_000; // each
Error.stackTraceLimit = 0; // traces cost more than the reader

/** A family's functions over its own config, which nothing here looks into. */
interface Family {
  readonly good: Record<string, unknown>;
  readonly read: (json: unknown) => never;
  readonly write: (config: never) => Record<string, unknown>;
  readonly count: (config: never) => number;
}
const more = { id2label: { 0: 'no', 1: 'yes' }, problem_type: null, tie_word_embeddings: true };
const families: Record<string, Family> = {
  bert: {
    good: { ...bertConfigToJson(bertConfig()), ...more },
    read: (json) => bertConfigFromJson(json) as never,
    write: bertConfigToJson,
    count: (config) => parameterCount(BertForMaskedLM.layout(config)),
  },
  electra: {
    good: { ...electraConfigToJson(electraConfig()), ...more },
    read: (json) => electraConfigFromJson(json) as never,
    write: electraConfigToJson,
    count: (config) => parameterCount(ElectraForMaskedLM.layout(config)),
  },
  albert: {
    good: { ...albertConfigToJson(albertConfig()), ...more },
    read: (json) => albertConfigFromJson(json) as never,
    write: albertConfigToJson,
    count: (config) => parameterCount(AlbertForMaskedLM.layout(config)),
  },
  gpt: {
    good: { ...gptConfigToJson(gptConfig()), ...more },
    read: (json) => gptConfigFromJson(json) as never,
    write: gptConfigToJson,
    count: (config) => parameterCount(OpenAIGPTLMHeadModel.layout(config)),
  },
};

test.each(Object.entries(families))(
  'a mutated config of %s is refused by name, or is the same again once written',
  (name, { good, read, write, count }) => {
    const owner = name === 'electra' ? 'bert' : name; // the package
    const isNamed = new RegExp(`^${owner}: cannot [^]*\\n.`);
    const bytes = Buffer.from(JSON.stringify(good));
    const tally = { broken: 0, refused: 0, read: 0 };
    for (let seed = 1; seed <= FILES; seed++) {
      const text = Buffer.from(mutate(bytes, bytes.length, seed)).toString();
      let json: unknown;
      try {
        json = JSON.parse(text);
      } catch {
        tally.broken++; // the folder's reader says so, before any family is asked
        continue;
      }
      try {
        const config = read(json);
        const written = write(config);
        const isSame = JSON.stringify(write(read(written))) === JSON.stringify(written);
        if (!isSame) throw new Error('it is another one once written');
        if (!Number.isSafeInteger(count(config))) throw new Error('its sizes cannot be counted');
        tally.read++;
      } catch (error) {
        const { message } = error as Error;
        if (!isNamed.test(message))
          throw new Error(`file ${seed}: ${message} for ${text}`, { cause: error });
        tally.refused++;
      }
    }
    for (const share of Object.values(tally)) expect(share).toBeGreaterThan(FILES / 1000);
  },
  30 * 60_000,
);
