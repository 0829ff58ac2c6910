#!/usr/bin/env bash
# Builds the addon of tfjs-node and of tfjs-node-gpu against the tensorflow-cpu wheel, and runs the tests of the
# tensorflow engine on each. Says "skipped" where no wheel, compiler or package can be had.
#
#   tools/tensorflow-setup/ci.sh [cache folder]
#
# ALECTRA_PYTHON, when it has tensorflow, is used instead of a wheel of our own.
set -euo pipefail
cd "$(dirname "$0")/../.."

cache=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/alectra/tensorflow}
wheel=tensorflow-cpu==2.21.0
version=4.22.0
has_tensorflow='import importlib.util, sys; sys.exit(importlib.util.find_spec("tensorflow") is None)'

stage() {
  echo "== $1 ($SECONDS s)"
}

skip() {
  echo "skipped: $1, so the tests of the tensorflow engine did not run"
  exit 0
}

command -v python3 >/dev/null || [ -n "${ALECTRA_PYTHON:-}" ] || skip 'no python3'
command -v g++ >/dev/null || command -v clang++ >/dev/null || skip 'no C++ compiler'
mkdir -p "$cache"

python=${ALECTRA_PYTHON:-python3}
if ! "$python" -c "$has_tensorflow"; then
  python=$cache/venv/bin/python
  [ -x "$python" ] || python3 -m venv "$cache/venv" || skip 'python3 cannot make a virtual environment'
  if ! "$python" -c "$has_tensorflow"; then
    timeout 600 "$python" -m pip install --quiet --retries 0 "$wheel" || skip "the wheel $wheel cannot be had"
  fi
fi

stage 'wheel and packages'
echo '{ "private": true }' >"$cache/package.json"
# in one command: npm takes away what it is not told to keep
npm install --prefix "$cache" --ignore-scripts --no-audit --no-fund --loglevel error \
  "@tensorflow/tfjs-node@$version" "@tensorflow/tfjs-node-gpu@$version" || skip 'the packages of tfjs-node cannot be had'
rm -rf "$cache"/node_modules/@tensorflow/tfjs-node*/lib

stage 'messages of tensorflow:setup'
node --test --test-reporter tap tools/tensorflow-setup/main.test.mjs | grep -E '^# |not ok'

engine_tests() {
  (
    cd "packages/$1"
    shift
    ALECTRA_TFJS_NODE=$cache TF_CPP_MIN_LOG_LEVEL=3 node --experimental-vm-modules ../../node_modules/jest/bin/jest.js \
      --config ../../jest.config.mjs --rootDir . "$@"
  )
}

# The engine prefers the GPU package once that is built, so the two are built and tested in turn.
for name in tfjs-node tfjs-node-gpu; do
  stage "$name"
  node tools/tensorflow-setup/main.mjs --python "$python" --from "$cache" --package "$name"
  if [ "$name" = tfjs-node ]; then
    engine_tests jit src/tensorflow/ src/parity.test.ts src/compile.test.ts
    stage "models on $name"
    for models in albert bert gpt; do engine_tests "$models" src/parity.test.ts; done
    stage "TensorFlow.js's own suite"
    engine_tests jit --testPathIgnorePatterns=/node_modules/ --testMatch='**/src/upstream.slow.test.ts' -t 'on tensorflow'
  else
    engine_tests jit src/tensorflow/
  fi
done
stage 'done'
