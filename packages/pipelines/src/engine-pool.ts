// Several engines for one model: as many runs at once, each on its own copy of the weights.
//
// Small matrices gain little from a second thread inside an operation; two runs side by side gain nearly all of it.

import type { EngineName } from '@alectra/jit';
import {
  type Kind,
  type Shape,
  type ShapedInputs,
  type ShapedOutputs,
  ShapedPrograms,
} from './shaped-programs.js';

interface Member {
  readonly programs: ShapedPrograms;
  /** Tokens of the runs that it has been given and not finished. */
  load: number;
}

export class EnginePool {
  readonly #members: readonly Member[];

  private constructor(members: readonly Member[]) {
    this.#members = members;
  }

  static async create(
    count: number,
    ...args: Parameters<typeof ShapedPrograms.create>
  ): Promise<EnginePool> {
    const members: Member[] = [];
    try {
      while (members.length < count) {
        members.push({ programs: await ShapedPrograms.create(...args), load: 0 });
      }
    } catch (error) {
      for (const { programs } of members) programs.dispose();
      throw error;
    }
    return new EnginePool(members);
  }

  get engine(): EngineName {
    return this.#members[0].programs.engine;
  }

  /** Runs on the member with the least to do. */
  async run(kind: Kind, shape: Shape, inputs: ShapedInputs): Promise<ShapedOutputs> {
    const member = this.#members.reduce((best, other) => (other.load < best.load ? other : best));
    const tokens = shape.rows * shape.columns;
    member.load += tokens;
    try {
      return await member.programs.run(kind, shape, inputs);
    } finally {
      member.load -= tokens;
    }
  }

  dispose(): void {
    for (const { programs } of this.#members) programs.dispose();
  }
}
