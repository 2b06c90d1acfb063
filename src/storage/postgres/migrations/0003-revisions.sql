-- In which state a run is (RevisionStep of store.ts).
ALTER TABLE runs ADD COLUMN revision bigint NOT NULL DEFAULT 0;

-- The workers of runs that were removed for good, for a month: what still comes from them is late, and begins no new run.
CREATE TABLE buried (
  run_id text COLLATE "C" NOT NULL,
  worker text COLLATE "C" NOT NULL,
  incarnation text COLLATE "C" NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX buried_by_run ON buried (run_id);
CREATE INDEX buried_by_age ON buried (at);
