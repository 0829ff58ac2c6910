// Tars made by hand, so that they can be wrong in any way.

export interface TarPart {
  readonly name: string;
  readonly type?: string;
  readonly body?: string;
  /** Size that the header claims, if not the body's. */
  readonly size?: number;
  readonly rawSize?: Uint8Array;
}

/** @param end zeros behind the last part */
export function tarOf(parts: readonly TarPart[], end = 1024): Buffer {
  const blocks = parts.flatMap(({ name, type = '0', body = '', size, rawSize }) => {
    const header = Buffer.alloc(512);
    header.write(name, 0, 100);
    header.write('0000644\0', 100);
    header.write(`${(size ?? Buffer.byteLength(body)).toString(8).padStart(11, '0')}\0`, 124);
    if (rawSize) header.set(rawSize, 124);
    header.write(type, 156);
    header.write('ustar\x0000', 257);
    header.fill(' ', 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    const content = Buffer.from(body);
    return [header, content, Buffer.alloc(-content.length & 511)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(end)]);
}
