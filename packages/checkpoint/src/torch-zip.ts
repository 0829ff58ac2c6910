// PyTorch files since version 1.6: a zip of stored members, all in one folder named after the file.

import { crc32 } from 'node:zlib';
import type { ByteSource } from './byte-source.js';
import { dtypeBytes } from './dtype.js';
import { badStorage, type TorchLayout, type TorchStorage, torchRules } from './torch-tensors.js';
import { PickleEnd, unpickle } from './unpickle.js';
import { badZip, readZipDirectory, type ZipMember } from './zip-directory.js';

const MAX_PICKLE = 100_000_000;

/** Reads the state dict's pickle and finds every storage. Checksums are tested as members are read. */
export async function readZipLayout(bytes: ByteSource): Promise<TorchLayout> {
  const { path } = bytes;
  const members = await readZipDirectory(bytes);
  const pickles = [...members.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1) {
    throw badZip(path, `it holds ${pickles.length} members named data.pkl, expected one`);
  }
  const root = pickles[0].slice(0, -'data.pkl'.length);
  await checkByteOrder(bytes, members.get(`${root}byteorder`));

  const pickle = members.get(pickles[0]);
  if (!pickle || pickle.byteLength > MAX_PICKLE) throw badZip(path, 'its data.pkl is too large');
  const storages = new Map<string, TorchStorage>();
  const state = runPickle(await readMember(bytes, pickle), path, storages);
  const places = new Map<string, ZipMember>();
  for (const storage of storages.values()) {
    places.set(storage.key, storageMember(members, root, storage, path));
  }
  return {
    state,
    async read(storage) {
      const member = places.get(storage.key);
      if (!member) throw badStorage(path, `storage "${storage.key}" is missing`);
      return readMember(bytes, member);
    },
  };
}

function runPickle(
  bytes: Uint8Array,
  path: string,
  storages: Map<string, TorchStorage>,
): TorchLayout['state'] {
  try {
    const { value, end } = unpickle(bytes, 0, torchRules(path, storages));
    if (end === bytes.length) return value;
    throw badZip(path, `its data.pkl has ${bytes.length - end} bytes behind its end`);
  } catch (error) {
    if (error instanceof PickleEnd) throw badZip(path, 'its data.pkl is cut short');
    throw error;
  }
}

function storageMember(
  members: ReadonlyMap<string, ZipMember>,
  root: string,
  storage: TorchStorage,
  path: string,
): ZipMember {
  const member = members.get(`${root}data/${storage.key}`);
  if (!member) throw badStorage(path, `storage "${storage.key}" is missing`);
  const expected = storage.length * dtypeBytes(storage.dtype);
  if (member.byteLength !== expected) {
    throw badStorage(
      path,
      `storage "${storage.key}" has ${member.byteLength} bytes, its tensors expect ${expected}`,
    );
  }
  return member;
}

async function checkByteOrder(bytes: ByteSource, member: ZipMember | undefined): Promise<void> {
  if (!member) return; // not written by older versions, which ran on little-endian machines
  const order = Buffer.from(await readMember(bytes, member)).toString('latin1');
  if (order !== 'little') throw badStorage(bytes.path, 'it was written on a big-endian machine');
}

async function readMember(bytes: ByteSource, member: ZipMember): Promise<Uint8Array> {
  const content = await bytes.read(member.begin, member.begin + member.byteLength);
  if (crc32(content) !== member.crc32) {
    throw badZip(bytes.path, `"${member.name}" does not match its checksum`);
  }
  return content;
}
