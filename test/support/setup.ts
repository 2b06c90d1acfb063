// Runs before every test file, of which one process may have many: an error that nobody caught fails the test in which it came up.

import { afterAll, afterEach } from 'vitest';
import { FaultWatch } from './fault-watch.js';

const watch = new FaultWatch(process);

afterEach(() => watch.check());
afterAll(() => watch.close());
