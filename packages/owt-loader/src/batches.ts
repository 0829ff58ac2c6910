// Training batches in a fixed order, exactly resumable: the state is (seed, epoch, position) and nothing else.
//
// Letters: B rows a batch, S positions a row, R ranks. The global sequence of rows is the same for every world
// size; B * R consecutive rows are one step, of which rank r takes those at r, r + R, r + 2R, ... An epoch's
// last step is filled up from the next epoch, so no row is lost and no batch is short, unless `epochs` ends it.

import { EpochOrder, type Window } from './epoch-order.js';
import type { ExampleColumns } from './example-columns.js';
import type { ShardEntry, SplitName } from './manifest.js';
import {
  checkFrame,
  quarantineShard,
  readBatch,
  type ShardFolder,
  shardsOf,
} from './open-shards.js';
import { ShardError } from './shard-error.js';

/** One step's rows of one rank, padded to S. */
export interface Batch {
  /** int32 [B * S] */
  readonly inputIds: Int32Array;
  /** int32 [B * S], 1 for a token, 0 for padding */
  readonly attentionMask: Int32Array;
  /** int32 [B * S], 1 in segment B */
  readonly tokenTypeIds: Int32Array;
  /** B */
  readonly rows: number;
  /** S */
  readonly columns: number;
  /** Rows that hold an example: B, except in the last batch of a limited number of epochs. The rest is padding. */
  readonly validRows: number;
}

/** Where the next step begins. Plain JSON; the same for all ranks and any world size. */
export interface BatchState {
  readonly seed: number;
  readonly epoch: number;
  /** Rows of the epoch that are done. */
  readonly position: number;
}

export type DamagePolicy = 'stop' | 'skip' | 'quarantine';

export interface BatchOptions {
  readonly shards: ShardFolder;
  /** B, rows a rank and step. */
  readonly batchSize: number;
  readonly seed?: number;
  readonly split?: SplitName;
  readonly rank?: number;
  readonly world?: number;
  /** Ends after this many epochs, with a last batch padded up. Default: no end. */
  readonly epochs?: number;
  /** `shuffled` (default), or `file` for the order on disk, as an evaluation wants. */
  readonly order?: 'shuffled' | 'file';
  /** Record batches shuffled together and held in memory, two such windows at a time. Default 64. */
  readonly blocksPerWindow?: number;
  /** What to do about a damaged or missing shard. Default `stop`. */
  readonly onDamage?: DamagePolicy;
  /** Told of each record batch left out under `skip` and `quarantine`. */
  readonly onSkip?: (error: ShardError) => void;
}

export interface BatchSource {
  /** The next batch, or undefined after the last epoch. A call before the last one's answer is answered after it. */
  next(): Promise<Batch | undefined>;
  state(): BatchState;
  /** Goes to any position; the rest of the sequence is the one that follows it in an uninterrupted run. */
  seek(state: BatchState): void;
  /** Rows in an epoch, damaged ones included. */
  readonly rowsPerEpoch: number;
}

interface Block {
  readonly shard: ShardEntry;
  readonly batch: number;
}

type LoadedWindow = Window & { readonly columns: ReadonlyMap<number, ExampleColumns | undefined> };

/**
 * Batches of a split, in an order decided by the seed.
 *
 * @throws RangeError for impossible options or an empty split; next() throws ShardError under `stop`
 */
export function batches(options: BatchOptions): BatchSource {
  const {
    shards,
    batchSize,
    seed = 0,
    split = 'train',
    rank = 0,
    world = 1,
    epochs = Number.POSITIVE_INFINITY,
    order = 'shuffled',
    blocksPerWindow = 64,
    onDamage = 'stop',
    onSkip,
  } = options;
  check('batchSize', batchSize, 1, 1 << 24);
  check('world', world, 1, 1 << 20);
  check('rank', rank, 0, world - 1);
  check('seed', seed, 0, 2 ** 32 - 1);
  check('blocksPerWindow', blocksPerWindow, 1, 1 << 16);
  if (epochs !== Number.POSITIVE_INFINITY) check('epochs', epochs, 1, 2 ** 31);
  checkName('order', order, ['shuffled', 'file']);
  checkName('onDamage', onDamage, ['stop', 'skip', 'quarantine']);
  const blocks: Block[] = shardsOf(shards, split).flatMap((shard) =>
    shard.batches.map((_, batch) => ({ shard, batch })),
  );
  const blockRows = blocks.map(({ shard, batch }) => shard.batches[batch]?.rows ?? 0);
  const rowsPerEpoch = blockRows.reduce((sum, rows) => sum + rows, 0);
  if (rowsPerEpoch === 0)
    throw new RangeError(
      `owt-loader: ${shards.folder} has no rows in its split "${split}".\n` +
        'Build it with more text, or with a larger share held out.',
    );
  const columns = shards.manifest.configuration.length;
  const pad = shards.manifest.configuration.special.pad;

  let line = lineFrom({ seed, epoch: 0, position: 0 });
  let epochOrder: { readonly key: string; readonly order: EpochOrder } | undefined;
  const windows = new Map<string, Promise<LoadedWindow>>();
  const lost = new Set<string>(); // files put in quarantine
  const lostBlocks = new Set<number>();
  const framed = new Set<string>(); // files whose size, header and end mark were looked at

  const orderOf = (of: number, epoch: number): EpochOrder => {
    const key = `${of}/${epoch}`;
    if (epochOrder?.key !== key)
      epochOrder = {
        key,
        order: new EpochOrder(
          blockRows,
          order === 'shuffled' ? [of, epoch] : undefined,
          blocksPerWindow,
        ),
      };
    return epochOrder.order;
  };

  /** What a fault leads to: an error, a notice, or a file put away. */
  const takeFault = async (error: unknown): Promise<void> => {
    if (!(error instanceof ShardError) || onDamage === 'stop') throw error;
    if (onDamage === 'quarantine') {
      lost.add(error.fault.file);
      await quarantineShard(shards.folder, error);
    }
    onSkip?.(error);
  };

  const readBlock = async (index: number): Promise<ExampleColumns | undefined> => {
    const block = blocks[index];
    if (!block) return undefined;
    const { file } = block.shard;
    try {
      if (!framed.has(file)) {
        const [fault] = await checkFrame(shards.folder, block.shard);
        const isKnown = framed.has(file); // another window may have looked meanwhile
        if (!fault || onDamage !== 'stop') framed.add(file);
        if (fault && !isKnown) await takeFault(fault); // record batches that are whole are read all the same
      }
      if (!lost.has(file)) return await readBatch(shards, block.shard, block.batch);
    } catch (error) {
      await takeFault(error);
    }
    lostBlocks.add(index);
    return undefined;
  };

  const load = (at: BatchState, index: number): Promise<LoadedWindow> => {
    const key = `${at.seed}/${at.epoch}/${index}`;
    const known = windows.get(key);
    if (known) return known;
    const loading = (async (): Promise<LoadedWindow> => {
      const window = orderOf(at.seed, at.epoch).window(index);
      const loaded = new Map<number, ExampleColumns | undefined>();
      for (const block of window.blocks) loaded.set(block, await readBlock(block));
      return { ...window, columns: loaded };
    })();
    loading.catch(() => undefined); // reported by whoever awaits it
    windows.set(key, loading);
    return loading;
  };

  /** Loads what comes after a window while that window is used, and forgets all others. */
  const prefetch = (at: BatchState, index: number): void => {
    const last = index + 1 === orderOf(at.seed, at.epoch).windows;
    const next = last ? { ...at, epoch: at.epoch + 1 } : at;
    const keep = new Set([
      `${at.seed}/${at.epoch}/${index}`,
      `${next.seed}/${next.epoch}/${last ? 0 : index + 1}`,
    ]);
    for (const key of windows.keys()) if (!keep.has(key)) windows.delete(key);
    if (next.epoch < epochs) load(next, last ? 0 : index + 1);
  };

  const step = async (own: Line): Promise<Batch | undefined> => {
    const size = batchSize * columns;
    const inputIds = new Int32Array(size);
    const attentionMask = new Int32Array(size);
    const tokenTypeIds = new Int32Array(size);
    let at = own.state;
    let globalRows = 0;
    let validRows = 0;
    while (globalRows < batchSize * world && at.epoch < epochs) {
      const index = orderOf(at.seed, at.epoch).windowAt(at.position);
      const window = await load(at, index);
      prefetch(at, index);
      let position = at.position;
      for (; position < window.end && globalRows < batchSize * world; position++) {
        const { block, row } = window.locate(position - window.start);
        const source = window.columns.get(block);
        if (!source) continue;
        if (globalRows++ % world !== rank) continue;
        const to = validRows++ * columns;
        const length = source.lengths[row] ?? 0;
        const segmentB = source.splits[row] ?? 0;
        inputIds.set(source.ids.subarray(row * columns, (row + 1) * columns), to);
        attentionMask.fill(1, to, to + length);
        tokenTypeIds.fill(1, to + segmentB, to + length);
      }
      const ended = position === rowsPerEpoch;
      at = { seed: at.seed, epoch: at.epoch + (ended ? 1 : 0), position: ended ? 0 : position };
      if (ended && lostBlocks.size === blocks.length)
        throw new RangeError(
          `owt-loader: no record batch of the split "${split}" in ${shards.folder} can be read.`,
        );
    }
    own.state = at;
    if (globalRows === 0) return undefined;
    if (pad !== 0) inputIds.fill(pad, validRows * columns);
    return { inputIds, attentionMask, tokenTypeIds, rows: batchSize, columns, validRows };
  };

  return {
    rowsPerEpoch,
    next() {
      const own = line;
      const batch = own.last.then(() => step(own));
      own.last = batch.catch(() => undefined); // the caller is told
      return batch;
    },
    state: () => line.state,
    seek(target) {
      check('state.position', target.position, 0, rowsPerEpoch - 1);
      check('state.epoch', target.epoch, 0, 2 ** 31);
      check('state.seed', target.seed, 0, 2 ** 32 - 1);
      const { seed, epoch, position } = target;
      line = lineFrom({ seed, epoch, position });
    },
  };
}

/** Batches one after another from some position on: `seek` begins another line, and calls under way stay in theirs. */
interface Line {
  state: BatchState;
  /** Settled when the batch asked for last is made. */
  last: Promise<unknown>;
}

function lineFrom(state: BatchState): Line {
  return { state, last: Promise.resolve() };
}

function check(name: string, value: number, low: number, high: number): void {
  if (!Number.isInteger(value) || value < low || value > high)
    throw new RangeError(
      `owt-loader: cannot make batches with ${name} ${value}: expected an integer from ${low} to ${high}.`,
    );
}

function checkName(name: string, value: string, known: readonly string[]): void {
  if (!known.includes(value))
    throw new RangeError(
      `owt-loader: cannot make batches with ${name} ${value}: expected ${known.join(' or ')}.`,
    );
}
