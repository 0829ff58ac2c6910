// TensorBoard event files, scalars only: TFRecord framing around the Event message of
// tensorflow/core/util/event.proto.
//
//   Event    1 wall_time double · 2 step int64 · 3 file_version string · 5 summary · 7 session_log
//   Summary  1 value (repeated) { 1 tag string · 2 simple_value float }
//
// Each start writes a file of its own, whose session_log START at a step tells TensorBoard to forget what an
// interrupted run had logged past that step.

import { hostname } from 'node:os';
import { join } from 'node:path';
import { openTfRecordWriter } from '@alectra/files';
import protobuf from 'protobufjs/minimal.js';

const [WALL_TIME, STEP, FILE_VERSION, SUMMARY, SESSION_LOG] = [1, 2, 3, 5, 7];
const [VARINT, FIXED64, BYTES, FIXED32] = [0, 1, 2, 5];
const SESSION_START = 1;

export interface EventFile {
  /** Appends scalars of one step. `unixSeconds` is the wall time shown in TensorBoard. */
  scalars(
    step: number,
    unixSeconds: number,
    values: Readonly<Record<string, number>>,
  ): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a new event file in `folder` for a run that starts (or resumes) at `step`. */
export async function openEventFile(
  folder: string,
  step: number,
  unixSeconds: number,
): Promise<EventFile> {
  const name = `events.out.tfevents.${Math.floor(unixSeconds)}.${hostname()}.${process.pid}`;
  const records = await openTfRecordWriter(join(folder, name));
  await records.write(versionEvent(unixSeconds));
  // TensorBoard forgets from this step on, the step itself included
  if (step > 0) await records.write(sessionStartEvent(step + 1, unixSeconds));
  return {
    scalars: (at, time, values) => records.write(scalarsEvent(at, time, values)),
    sync: () => records.sync(),
    close: () => records.close(),
  };
}

export function versionEvent(unixSeconds: number): Uint8Array {
  return event(unixSeconds, 0).uint32(key(FILE_VERSION, BYTES)).string('brain.Event:2').finish();
}

export function sessionStartEvent(step: number, unixSeconds: number): Uint8Array {
  return event(unixSeconds, step)
    .uint32(key(SESSION_LOG, BYTES))
    .fork()
    .uint32(key(1, VARINT))
    .int32(SESSION_START)
    .ldelim()
    .finish();
}

export function scalarsEvent(
  step: number,
  unixSeconds: number,
  values: Readonly<Record<string, number>>,
): Uint8Array {
  const writer = event(unixSeconds, step).uint32(key(SUMMARY, BYTES)).fork();
  for (const [tag, value] of Object.entries(values)) {
    writer.uint32(key(1, BYTES)).fork();
    writer.uint32(key(1, BYTES)).string(tag).uint32(key(2, FIXED32)).float(value);
    writer.ldelim();
  }
  return writer.ldelim().finish();
}

function event(unixSeconds: number, step: number): protobuf.Writer {
  return protobuf.Writer.create()
    .uint32(key(WALL_TIME, FIXED64))
    .double(unixSeconds)
    .uint32(key(STEP, VARINT))
    .int64(step);
}

function key(field: number, wire: number): number {
  return (field << 3) | wire;
}
