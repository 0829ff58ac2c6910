// Work that comes in heaps, done one piece a turn of the event loop.
//
// A turn of Node's loop accepts one connection and serves every socket that has something to say. Where a thousand
// clients speak at once, and again as soon as they are answered, each turn is long, and who knocks anew waits as many
// turns as there are others before it. With one piece a turn the loop is soon back at the door.

/** @returns takes a piece of work, to be done after those before it and in a turn of its own */
export function oneATurn(): (work: () => void) => void {
  let waiting: (() => void)[] = [];
  let next = 0;
  const turn = (): void => {
    const work = waiting[next++] as () => void; // turns are asked for only while some is left
    if (next === waiting.length) [waiting, next] = [[], 0];
    else setImmediate(turn);
    work();
  };
  return (work) => {
    if (waiting.length === 0) setImmediate(turn);
    waiting.push(work);
  };
}
