// Whether bytes start a TFRecord file: a 64-bit length followed by its masked CRC-32C. There is no magic number,
// but a checksum that fits is as good.

import { maskedCrc32c } from '@alectra/files';

export function isTfRecordStart(bytes: Uint8Array): boolean {
  if (bytes.length < 12) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, 12);
  return view.getUint32(8, true) === maskedCrc32c(bytes.subarray(0, 8));
}
