-- In which state a run is (RevisionStep of store.ts). Not a column of `runs`, where it would lie behind the two large ones.
CREATE TABLE revisions (
  run INTEGER PRIMARY KEY,
  revision INTEGER NOT NULL
);

-- The workers of runs that were removed for good, for a month: what still comes from them is late, and begins no new run.
CREATE TABLE buried (
  run_id TEXT NOT NULL,
  worker TEXT NOT NULL,
  incarnation TEXT NOT NULL,
  -- ms since the epoch
  at INTEGER NOT NULL,
  PRIMARY KEY (run_id, worker, incarnation)
) WITHOUT ROWID;
CREATE INDEX buried_by_age ON buried (at);
