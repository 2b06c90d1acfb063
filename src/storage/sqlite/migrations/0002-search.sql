-- What a search reads; all of it derived. Texts and numbers of params and tags are made by the writer (src/storage/search/forms.ts),
-- which also fills in what was there before.

-- Made anew: what is filtered by stands before the two large columns, behind which SQLite would walk through all their pages.
CREATE TABLE new_runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id TEXT NOT NULL UNIQUE,
  name TEXT,
  folded_name TEXT NOT NULL DEFAULT '',
  status TEXT,
  experiment TEXT,
  parent TEXT,
  created_at INTEGER,
  started_at INTEGER,
  ended_at INTEGER,
  -- Tails (open chunks, track stats) are written up to this block; blocks after it are replayed.
  tail_block INTEGER NOT NULL DEFAULT 0,
  -- Chunks with a higher id were sealed after that, out of points that the replay meets again.
  tail_chunk INTEGER NOT NULL DEFAULT 0,
  -- 1: the run goes on, or its writer was killed: a search asks its tails, for `run_metrics` lags behind its blocks.
  unsettled INTEGER NOT NULL DEFAULT 0,
  record TEXT,
  details TEXT
);
INSERT INTO new_runs (id, run_id, name, folded_name, status, experiment, parent, created_at, started_at, ended_at, tail_block, tail_chunk, unsettled,
  record, details)
SELECT id, run_id, name, folded_name, status, experiment, parent, created_at, json_extract(record, '$.startedAt'), json_extract(record, '$.endedAt'),
  tail_block, tail_chunk, tail_block < coalesce((SELECT max(b.id) FROM blocks AS b WHERE b.run = runs.id), 0), record, details
FROM runs;
-- No id is ever used twice, that of the last run deleted included.
INSERT INTO sqlite_sequence (name, seq) SELECT 'new_runs', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'new_runs');
UPDATE sqlite_sequence SET seq = max(seq, coalesce((SELECT old.seq FROM sqlite_sequence AS old WHERE old.name = 'runs'), 0)) WHERE name = 'new_runs';
DROP TABLE runs;
ALTER TABLE new_runs RENAME TO runs;
-- In the order in which runs are shown.
CREATE INDEX runs_by_creation ON runs (created_at, run_id);
CREATE INDEX runs_by_experiment ON runs (experiment, created_at) WHERE experiment IS NOT NULL;
CREATE INDEX runs_by_parent ON runs (parent) WHERE parent IS NOT NULL;
CREATE INDEX runs_unsettled ON runs (id) WHERE unsettled = 1;

ALTER TABLE params ADD COLUMN number REAL;
ALTER TABLE params ADD COLUMN text TEXT;
ALTER TABLE params ADD COLUMN folded TEXT;
CREATE INDEX params_by_key ON params (key);

ALTER TABLE tags ADD COLUMN number REAL;
ALTER TABLE tags ADD COLUMN text TEXT;
ALTER TABLE tags ADD COLUMN folded TEXT;

-- One row per key and phase over all workers, and one with phase '*' over all phases. NaN is NULL.
CREATE TABLE run_metrics (
  run INTEGER NOT NULL,
  key TEXT NOT NULL,
  phase TEXT NOT NULL,
  count REAL NOT NULL,
  min REAL,
  max REAL,
  first REAL,
  last REAL,
  PRIMARY KEY (run, key, phase)
) WITHOUT ROWID;
CREATE INDEX run_metrics_by_key ON run_metrics (key);
