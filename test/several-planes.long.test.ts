// As several-planes.test.ts, on PostgreSQL.

import './several-planes.test.js';
