// Loaded before a program, in each of its threads, with --expose-gc: resident memory then says what is held, and not when
// V8 last had a look. A heap may otherwise grow for a quarter of an hour before its first full collection.

const PERIOD_MS = 5000;

setInterval(() => globalThis.gc(), PERIOD_MS).unref();
