// Node 20.19 and later load ES modules with require.
const load = (name) => require(`@alectra/${name}`);

require('./train.cjs')({
  tf: require('@tensorflow/tfjs'),
  wordpiece: load('wordpiece'),
  nn: load('nn'),
  albert: load('albert'),
  electraTask: load('electra-task'),
  optim: load('optim'),
  jit: load('jit'),
});
