// As planted-secrets.test.ts, with masking off.

import './planted-secrets.test.js';
