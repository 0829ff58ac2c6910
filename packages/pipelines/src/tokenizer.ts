// What pipelines ask of tokenizers; `WordPieceTokenizer` of `@alectra/wordpiece` has it.

export interface Tokenizer {
  readonly config: {
    readonly maskToken: string;
    readonly padToken: string;
    readonly unkToken: string;
    /** Tokens of the longest text, [CLS] and [SEP] included. */
    readonly modelMaxLength: number;
  };
  /** One more than the largest id. */
  readonly vocabSize: number;
  encode(text: string, options?: EncodeOptions): Encoding;
  decode(ids: ArrayLike<number>, options?: { readonly skipSpecialTokens?: boolean }): string;
  /** Tokens as `decode` joins them; they need not be in the vocabulary. */
  convertTokensToString(tokens: readonly string[]): string;
  tokenToId(token: string): number | undefined;
  idToToken(id: number): string | undefined;
}

export interface EncodeOptions {
  readonly pair?: string;
  readonly addSpecialTokens?: boolean;
  readonly truncation?: boolean;
  readonly maxLength?: number;
  readonly stride?: number;
  readonly returnOverflowing?: boolean;
  readonly offsets?: boolean;
}

export interface Encoding {
  readonly ids: Int32Array;
  readonly typeIds: Int32Array;
  /** 1 for tokens that the tokenizer inserted. */
  readonly specialTokensMask: Int32Array;
  /** Start and end of each token in its text, flat, in UTF-16 units. */
  readonly offsets: Int32Array;
  /** What a cut left over, as further windows. */
  readonly overflowing: readonly Encoding[];
}
