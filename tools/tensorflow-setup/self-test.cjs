// node self-test.cjs <package folder>: multiplies two matrices, here and in a worker thread.

const util = require('node:util');
const { isMainThread, parentPort, Worker, workerData } = require('node:worker_threads');

// Node 23 removed what the package calls.
util.isNullOrUndefined ??= (value) => value === null || value === undefined;
util.isArray ??= Array.isArray;

const folder = isMainThread ? process.argv[2] : workerData;

async function product() {
  const tf = require(folder);
  const values = await tf
    .matMul(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor2d([5, 6, 7, 8], [2, 2]))
    .data();
  if (String(values) !== '19,22,43,50')
    throw new Error(`[[1,2],[3,4]] @ [[5,6],[7,8]] gave ${values}`);
  const { binding } = tf.backend();
  return {
    tensorflow: binding.TF_Version,
    device: binding.isUsingGpuDevice() ? 'the GPU' : 'the CPU',
  };
}

async function main() {
  const found = await product();
  if (!isMainThread) {
    parentPort.postMessage(found);
    return;
  }
  const worker = new Worker(__filename, { workerData: folder });
  await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  await worker.terminate();
  console.log(JSON.stringify(found));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
