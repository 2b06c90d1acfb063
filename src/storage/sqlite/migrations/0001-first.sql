-- Truth: `blocks` (exact bytes of the accepted frames). Everything else is derived from them.

CREATE TABLE writers (
  id TEXT PRIMARY KEY,
  last_commit INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id TEXT NOT NULL UNIQUE,
  name TEXT,
  folded_name TEXT NOT NULL DEFAULT '',
  status TEXT,
  experiment TEXT,
  parent TEXT,
  created_at INTEGER,
  record TEXT,
  details TEXT,
  -- Tails (open chunks, track stats) are written up to this block; blocks after it are replayed.
  tail_block INTEGER NOT NULL DEFAULT 0,
  -- Chunks with a higher id were sealed after that, out of points that the replay meets again.
  tail_chunk INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX runs_by_creation ON runs (created_at);
CREATE INDEX runs_by_experiment ON runs (experiment, created_at) WHERE experiment IS NOT NULL;
CREATE INDEX runs_by_parent ON runs (parent) WHERE parent IS NOT NULL;

CREATE TABLE tags (
  run INTEGER NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (run, key)
) WITHOUT ROWID;
CREATE INDEX tags_by_value ON tags (key, value);

CREATE TABLE blocks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run INTEGER NOT NULL,
  codec INTEGER NOT NULL,
  events INTEGER NOT NULL,
  implied TEXT NOT NULL,
  bytes BLOB NOT NULL
);
CREATE INDEX blocks_by_run ON blocks (run);

-- One incarnation of one series; `stats` as of the run's tail_block.
CREATE TABLE tracks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run INTEGER NOT NULL,
  key TEXT NOT NULL,
  phase TEXT NOT NULL,
  worker TEXT NOT NULL,
  aggregation TEXT NOT NULL,
  incarnation TEXT NOT NULL,
  stats BLOB NOT NULL,
  UNIQUE (run, key, phase, worker, aggregation, incarnation)
);

CREATE TABLE chunks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  track INTEGER NOT NULL,
  -- 1: the tail of the track as of tail_block; there is at most one.
  open INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  count INTEGER NOT NULL,
  cells BLOB NOT NULL
);
CREATE INDEX chunks_by_track ON chunks (track);

-- Apart from `chunks`, so that a chart reads summaries alone.
CREATE TABLE chunk_data (
  chunk INTEGER PRIMARY KEY,
  data BLOB NOT NULL
);

CREATE TABLE marks (
  id INTEGER PRIMARY KEY,
  run INTEGER NOT NULL,
  worker TEXT NOT NULL,
  incarnation TEXT NOT NULL,
  record TEXT NOT NULL,
  UNIQUE (run, worker, incarnation)
);

CREATE TABLE params (
  run INTEGER NOT NULL,
  key TEXT NOT NULL,
  record TEXT NOT NULL,
  PRIMARY KEY (run, key)
) WITHOUT ROWID;

CREATE TABLE entries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run INTEGER NOT NULL,
  kind TEXT NOT NULL,
  level TEXT,
  record TEXT NOT NULL
);
CREATE INDEX entries_by_run ON entries (run, kind);

CREATE TABLE commands (
  id INTEGER PRIMARY KEY,
  run INTEGER NOT NULL,
  command_id TEXT NOT NULL,
  record TEXT NOT NULL,
  UNIQUE (run, command_id)
);

CREATE TABLE warnings (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run INTEGER NOT NULL,
  record TEXT NOT NULL
);
CREATE INDEX warnings_by_run ON warnings (run);

CREATE TABLE dead_letters (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run INTEGER NOT NULL,
  at INTEGER NOT NULL,
  code TEXT NOT NULL,
  bytes BLOB NOT NULL
);
CREATE INDEX dead_letters_by_run ON dead_letters (run);
