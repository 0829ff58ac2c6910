// The models that can be served.

import { albertModels } from '@alectra/albert';
import { bertModels, electraModels } from '@alectra/bert';

export const families = [albertModels, bertModels, electraModels] as const;
