// One small masked-language-model training through the published packages, whoever loads them.

module.exports = async function train({ tf, wordpiece, nn, albert, electraTask, optim, jit }) {
  const lines = [
    'the cat sat on the mat',
    'the dog sat on the log',
    'a bird sang in the tree',
    'the tree fell on the log',
  ];
  const vocabulary = wordpiece.trainWordPiece(lines, { vocabSize: 60 });
  const tokenizer = wordpiece.WordPieceTokenizer.fromVocab(vocabulary);
  const { ids, attentionMask, typeIds, rows, columns } = tokenizer.encodeBatch(lines, {
    padding: 'max_length',
    truncation: 'longest_first',
    maxLength: 16,
  });
  const config = albert.albertConfig({
    vocabSize: tokenizer.vocabSize,
    embeddingSize: 16,
    hiddenSize: 32,
    numHiddenLayers: 2,
    numAttentionHeads: 2,
    intermediateSize: 64,
    maxPositionEmbeddings: 16,
  });
  const special = [
    tokenizer.tokenToId('[CLS]'),
    tokenizer.tokenToId('[SEP]'),
    tokenizer.tokenToId('[MASK]'),
  ];
  const task = electraTask.electraTask({
    generator: albert.albertMaskedLM(config),
    discriminator: albert.albertTokenClassifier(config),
    generatorWeights: albert.initAlbertForMaskedLM(config, 1),
    discriminatorWeights: albert.initAlbertForTokenClassification(config, 2),
    tokens: { vocabSize: tokenizer.vocabSize, mask: special[2], neverMasked: special },
  });
  const optimizer = optim.adamw();
  nn.registerGradients();

  const zeros = (prefix) =>
    Object.entries(task.params).map(([name, { shape: of, data }]) => [
      `${prefix}.${name}`,
      { dtype: 'float32', shape: of, data: new Float32Array(data.length) },
    ]);
  const integers = { dtype: 'int32', shape: [rows, columns] };
  const scalar = { dtype: 'int32', shape: [] };
  const program = await jit.compile(
    ({ params, moments }, { counter, ...batch }) => {
      const key = { seed: tf.scalar(0, 'int32'), counter };
      const { result, gradients } = optim.lossAndGradients(params, (at) =>
        task.loss(at, batch, { training: true, key }),
      );
      const next = optimizer.update(params, gradients, moments, {
        learningRate: tf.scalar(1e-3),
        step: counter,
      });
      return {
        state: { params: next.params, moments: next.state },
        outputs: { loss: result.loss },
      };
    },
    {
      state: { params: task.params, moments: Object.fromEntries([...zeros('m'), ...zeros('v')]) },
      inputs: {
        inputIds: integers,
        attentionMask: integers,
        tokenTypeIds: integers,
        counter: scalar,
      },
      engine: 'onnxruntime',
    },
  );
  const losses = [];
  for (let step = 1; step <= 60; step++) {
    const { loss } = await program.run({
      inputIds: ids,
      attentionMask,
      tokenTypeIds: typeIds,
      counter: Int32Array.of(step),
    });
    losses.push(loss.data[0]);
  }
  program.dispose();
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [before, after] = [mean(losses.slice(0, 5)), mean(losses.slice(-5))];
  console.log(after < before - 1 ? 'loss fell' : `loss went from ${before} to ${after}`);
};
