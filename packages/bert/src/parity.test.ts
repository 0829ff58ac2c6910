// The classes against Hugging Face's, forward and gradients: fixtures of tools/reference/bert_parity.py.

import { describeParity } from '../../albert/src/parity.test-support.js';
import * as models from './models.js';

describeParity(new URL('../fixtures/', import.meta.url), Object.values(models));
