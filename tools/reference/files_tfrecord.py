"""Prints the bytes TensorFlow writes for a TFRecord file with the one record b'abc', in hexadecimal.

The golden value of packages/files/src/tfrecord.test.ts. Made with tensorflow-cpu 2.x.
Run: python tools/reference/files_tfrecord.py
"""

import tempfile

import tensorflow as tf

with tempfile.NamedTemporaryFile() as file:
    with tf.io.TFRecordWriter(file.name) as writer:
        writer.write(b"abc")
    print(open(file.name, "rb").read().hex())
