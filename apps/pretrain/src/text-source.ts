// The text of a run: any paths that @alectra/owt-loader reads, as one source, and a sample of it for the vocabulary.

import {
  type Document,
  documentSource,
  documentsOf,
  openSource,
  type Source,
} from '@alectra/owt-loader';

export interface TextSource extends Source {
  /** Texts for training a vocabulary: the first documents, up to about this many characters. */
  sample(characters: number): Promise<string[]>;
}

/** All of `paths`, one after another. */
export async function openTexts(paths: readonly string[]): Promise<TextSource> {
  // batches are shuffled anyway, and a compressed archive can be read in its own order only
  const open = (path: string): Promise<Source> => openSource(path, { order: 'archive' });
  const sources = await Promise.all(paths.map(open));
  const bytes = sources.reduce((sum, source) => sum + (source.bytes ?? Number.NaN), 0);
  return withSample({
    found: sources.map(({ found }) => found).join('; '),
    ...(Number.isFinite(bytes) && { bytes }),
    async *chunks() {
      for (const source of sources) yield* source.chunks();
    },
  });
}

/** Documents at hand. */
export function textsOf(documents: readonly Document[], found: string): TextSource {
  return withSample(documentSource(documents, found));
}

function withSample(source: Source): TextSource {
  return {
    ...source,
    async sample(characters) {
      const texts: string[] = [];
      let taken = 0;
      for await (const { text } of documentsOf(source)) {
        if (taken >= characters) break;
        texts.push(text);
        taken += text.length;
      }
      return texts;
    },
  };
}
