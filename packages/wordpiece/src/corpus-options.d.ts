export interface EncodeBytesOptions {
    /** `uint16` takes half the memory and is possible up to 65,536 ids. Default `int32`. */
    readonly width?: 'uint16' | 'int32';
}
export interface EncodeStreamOptions extends EncodeBytesOptions {
    /** Threads beside this one. Default 0: this thread does the work. */
    readonly workers?: number;
    /** Bytes encoded at a time. Default 1 MiB; of a file shared between workers, up to 4 MiB. */
    readonly chunkBytes?: number;
}
/** Bytes of a file that a worker encodes at a time, if the user does not say: some rounds for each of them. */
export declare function shareOf(length: number, workers: number): number;
/**
 * Whether ids are 32 bits wide.
 *
 * @throws RangeError for another width, or if the ids do not fit
 */
export declare function isWide({ width }: EncodeBytesOptions, vocabSize: number): boolean;
/** @throws RangeError for names that are no options: a misspelt one would be passed over */
export declare function requireKnown(options: object, names: readonly string[]): void;
/** @throws RangeError unless an integer from `least` */
export declare function requireCount(name: string, value: number, least: number): void;
//# sourceMappingURL=corpus-options.d.ts.map