import { ALL_CLASSES, testExport } from './onnx.test-support.js';

testExport(ALL_CLASSES);
