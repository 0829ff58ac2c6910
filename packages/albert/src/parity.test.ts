// The classes against Hugging Face's, forward and gradients: fixtures of tools/reference/albert_parity.py.

import * as models from './models.js';
import { describeParity } from './parity.test-support.js';

describeParity(new URL('../fixtures/', import.meta.url), Object.values(models));
