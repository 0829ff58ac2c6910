export { type Content, syncFolder, writeFileAtomic } from './atomic-file.js';
export { type FolderOptions, writeFolderAtomic } from './atomic-folder.js';
export {
  BoundedProcess,
  type BoundedProgram,
  generousTimeLimitMs,
  moduleArguments,
  ProcessStartError,
} from './bounded-process.js';
export { type CachedHash, cachedHash } from './cached-hash.js';
export { crc32c, maskedCrc32c } from './crc32c.js';
export { type DownloadOptions, downloadFile, type KnownFile } from './download.js';
export { FileError, type FileErrorCode } from './file-error.js';
export { HubError, type HubErrorCode } from './hub-error.js';
export { type HubFile, hubFile } from './hub-file.js';
export { type HubEvent, type HubOptions, hubOptionsFromEnv } from './hub-options.js';
export { isRepoId } from './hub-paths.js';
export { type LineLog, type LineLogOptions, openLineLog } from './line-log.js';
export { acquireLock, type Lock, type LockOptions } from './lock-file.js';
export { sha256, sha256File } from './sha256.js';
export { cleanTemporaries } from './temporary-name.js';
export {
  frameRecord,
  openTfRecordWriter,
  type ReadRecordsOptions,
  readTfRecords,
  type TfRecordWriter,
} from './tfrecord.js';
