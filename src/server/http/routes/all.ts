// Every route of the API: the server, its documents and the tests of permissions are made from this table.

import type { Route } from '../route.js';
import { apiKeysRoutes } from './api-keys.js';
import { artifactsRoutes } from './artifacts.js';
import { checkpointsRoutes } from './checkpoints.js';
import { commandsRoutes } from './commands.js';
import { editRunsRoutes } from './edit-runs.js';
import { embedRoutes } from './embed.js';
import { exportRoutes } from './export.js';
import { ingestRoutes } from './ingest.js';
import { liveRoutes } from './live.js';
import { logsRoutes } from './logs.js';
import { questionsRoutes } from './questions.js';
import { runsRoutes } from './runs.js';
import { seriesRoutes } from './series.js';
import { serverRoutes } from './server.js';

export const ROUTES: readonly Route[] = [
  ...serverRoutes,
  ...apiKeysRoutes,
  ...runsRoutes,
  ...editRunsRoutes,
  ...seriesRoutes,
  ...artifactsRoutes,
  ...checkpointsRoutes,
  ...logsRoutes,
  ...commandsRoutes,
  ...questionsRoutes,
  ...exportRoutes,
  ...embedRoutes,
  ...liveRoutes,
  ...ingestRoutes,
];
