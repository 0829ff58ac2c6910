/** Something the user can put right; printed without a stack. */
export class SetupError extends Error {
  constructor(what, remedy) {
    super(`tensorflow:setup: ${what}\n${remedy}`);
    this.name = 'SetupError';
  }
}
