-- Truth: `blocks` (exact bytes of the accepted frames). Everything else is derived from them.
--
-- `runs`, `tracks`, `params` … are called as in the SQLite store. Texts that PostgreSQL could not hold (NUL, lone surrogates) are kept
-- as JSON behind a character U+0001. Records are JSON; one that starts with a blank holds numbers that JSON has not ("~NaN").
-- Blocks, chunks and tracks are numbered within their run, by whoever holds the lock on the run's row.
--
-- The large tables are partitioned BY HASH (run): every read, write and purge is of one run and so meets one partition; each index
-- and each vacuum is a sixteenth; nothing has to be made or dropped as time goes by, which RANGE would ask for, and a run is
-- deleted as a run, never as a month.

CREATE TABLE writers (
  id text COLLATE "C" PRIMARY KEY,
  last_commit bigint NOT NULL,
  -- Of its last sign of life.
  seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50);

-- The first statement of every commit. A commit whose outcome is unknown is sent again under the same number: while the first try is
-- still under way this waits for it, and it fails where that one is stored, or is stored later than the second.
CREATE FUNCTION begin_commit(writer text, number bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO writers AS known (id, last_commit) VALUES (writer, number)
    ON CONFLICT (id) DO UPDATE SET last_commit = excluded.last_commit, seen_at = clock_timestamp()
    WHERE known.last_commit < excluded.last_commit;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'commit % of writer % is stored already', number, writer USING ERRCODE = 'XT001';
  END IF;
END $$;

CREATE TABLE runs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id text COLLATE "C" NOT NULL UNIQUE,
  name text COLLATE "C",
  folded_name text COLLATE "C" NOT NULL DEFAULT '',
  status text COLLATE "C",
  experiment text COLLATE "C",
  parent text COLLATE "C",
  created_at bigint,
  started_at bigint,
  ended_at bigint,
  -- Since when it is in the trash.
  deleted_at bigint,
  record json,
  -- source, environment, tags: they seldom change.
  details json,
  last_block bigint NOT NULL DEFAULT 0,
  last_chunk bigint NOT NULL DEFAULT 0,
  last_track integer NOT NULL DEFAULT 0,
  -- Tails and track stats are written up to this block; blocks after it are replayed.
  tail_block bigint NOT NULL DEFAULT 0,
  -- Chunks with a higher number were sealed after that, out of points that the replay meets again.
  tail_chunk bigint NOT NULL DEFAULT 0,
  -- tail_block lags behind last_block, and `run_metrics` with it.
  unsettled boolean NOT NULL DEFAULT false
) WITH (fillfactor = 50);
CREATE INDEX runs_by_creation ON runs (created_at, run_id);
-- Hash: a text of any length fits.
CREATE INDEX runs_by_experiment ON runs USING hash (experiment) WHERE experiment IS NOT NULL;
CREATE INDEX runs_unsettled ON runs (id) WHERE unsettled;
CREATE INDEX runs_by_parent ON runs USING hash (parent) WHERE parent IS NOT NULL;

CREATE TABLE tags (
  run bigint NOT NULL,
  key text COLLATE "C" NOT NULL,
  value text COLLATE "C" NOT NULL,
  -- As a search compares it (src/storage/search/forms.ts), here and in `params`.
  number double precision,
  text text COLLATE "C",
  folded text COLLATE "C"
);
CREATE INDEX tags_by_run ON tags (run);
CREATE INDEX tags_by_key ON tags USING hash (key);
-- For the list of keys; a longer one is listed by its beginning.
CREATE INDEX tags_keys ON tags (left(key, 500));
CREATE INDEX tags_by_value ON tags USING hash (value);

CREATE TABLE blocks (
  run bigint NOT NULL,
  number bigint NOT NULL,
  codec smallint NOT NULL,
  events integer NOT NULL,
  implied text NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (run, number)
) PARTITION BY HASH (run);
-- Compressed before they come here.
ALTER TABLE blocks ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- One incarnation of one series; `stats` as of the run's tail_block: see the view `series`.
CREATE TABLE tracks (
  run bigint NOT NULL,
  number integer NOT NULL,
  key text COLLATE "C" NOT NULL,
  phase text COLLATE "C" NOT NULL,
  worker text COLLATE "C" NOT NULL,
  aggregation text COLLATE "C" NOT NULL,
  incarnation text COLLATE "C" NOT NULL,
  stats double precision[] NOT NULL,
  PRIMARY KEY (run, number)
);

-- Up to 1,024 points of one track, by ascending seq. A column of which no point has anything is null; one point without: NaN.
CREATE TABLE chunks (
  run bigint NOT NULL,
  number bigint NOT NULL,
  track integer NOT NULL,
  first_seq double precision NOT NULL,
  last_seq double precision NOT NULL,
  count integer NOT NULL,
  -- Over finite values, of which there may be none (NaN).
  finite integer NOT NULL,
  min double precision NOT NULL,
  max double precision NOT NULL,
  sum double precision NOT NULL,
  first double precision NOT NULL,
  last double precision NOT NULL,
  first_step double precision NOT NULL,
  last_step double precision NOT NULL,
  -- NaN where no point has a step, infinite where only some have.
  step_min double precision NOT NULL,
  step_max double precision NOT NULL,
  first_ts double precision NOT NULL,
  last_ts double precision NOT NULL,
  -- 13 numbers for each 128 points (docs/format/chunk.md), so that a chart reads no points.
  cells double precision[] NOT NULL,
  seq double precision[] NOT NULL,
  step double precision[],
  epoch double precision[],
  ts double precision[] NOT NULL,
  value double precision[] NOT NULL,
  PRIMARY KEY (run, number)
) PARTITION BY HASH (run);
CREATE INDEX chunks_by_track ON chunks (run, track, first_seq);

-- The points of a track that lie in no chunk, as of the run's tail_block.
CREATE TABLE tails (
  run bigint NOT NULL,
  track integer NOT NULL,
  seq double precision[] NOT NULL,
  step double precision[],
  epoch double precision[],
  ts double precision[] NOT NULL,
  value double precision[] NOT NULL,
  PRIMARY KEY (run, track)
) PARTITION BY HASH (run);

DO $$
BEGIN
  FOR part IN 0..15 LOOP
    EXECUTE format('CREATE TABLE blocks_%s PARTITION OF blocks FOR VALUES WITH (MODULUS 16, REMAINDER %s)', part, part);
    EXECUTE format('CREATE TABLE chunks_%s PARTITION OF chunks FOR VALUES WITH (MODULUS 16, REMAINDER %s)', part, part);
    EXECUTE format('CREATE TABLE tails_%s PARTITION OF tails FOR VALUES WITH (MODULUS 16, REMAINDER %s)', part, part);
  END LOOP;
END $$;

-- Unique by hash, here and below: a key of any length fits.
CREATE TABLE marks (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run bigint NOT NULL,
  worker text COLLATE "C" NOT NULL,
  incarnation text COLLATE "C" NOT NULL,
  record json NOT NULL
) WITH (fillfactor = 50);
CREATE UNIQUE INDEX marks_by_worker ON marks (run, md5(worker), md5(incarnation));

CREATE TABLE params (
  run bigint NOT NULL,
  key text COLLATE "C" NOT NULL,
  record json NOT NULL,
  number double precision,
  text text COLLATE "C",
  folded text COLLATE "C"
);
CREATE UNIQUE INDEX params_by_run ON params (run, md5(key));
CREATE INDEX params_by_key ON params USING hash (key);
CREATE INDEX params_keys ON params (left(key, 500));

-- As of the run's tail_block: one row per key and phase over all workers, and one with phase '*' over all phases. NaN is null.
CREATE TABLE run_metrics (
  run bigint NOT NULL,
  key text COLLATE "C" NOT NULL,
  phase text COLLATE "C" NOT NULL,
  count double precision NOT NULL,
  min double precision,
  max double precision,
  first double precision,
  last double precision
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX run_metrics_by_run ON run_metrics (run, md5(key), phase);
CREATE INDEX run_metrics_by_key ON run_metrics USING hash (key);
CREATE INDEX run_metrics_keys ON run_metrics (left(key, 500));

CREATE TABLE entries (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run bigint NOT NULL,
  kind text COLLATE "C" NOT NULL,
  level text COLLATE "C",
  record json NOT NULL
);
CREATE INDEX entries_by_run ON entries (run, kind, id);

CREATE TABLE commands (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run bigint NOT NULL,
  command_id text COLLATE "C" NOT NULL,
  record json NOT NULL
);
CREATE UNIQUE INDEX commands_by_id ON commands (run, md5(command_id));

CREATE TABLE warnings (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run bigint NOT NULL,
  record json NOT NULL
);
CREATE INDEX warnings_by_run ON warnings (run);

CREATE TABLE dead_letters (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run bigint NOT NULL,
  at bigint NOT NULL,
  code text NOT NULL,
  bytes bytea NOT NULL
);
CREATE INDEX dead_letters_by_run ON dead_letters (run);

-- Series and points for plain SQL. A live run stands in them as of its tail_block: seconds behind.
CREATE VIEW series AS
SELECT r.run_id, t.key, t.phase, t.worker, t.aggregation, t.incarnation,
  t.stats[1] AS count, t.stats[2] AS min, t.stats[3] AS max, t.stats[8] AS first, t.stats[13] AS last,
  nullif(t.stats[10], 'NaN') AS last_step, t.stats[12] AS last_ts
FROM runs r JOIN tracks t ON t.run = r.id
WHERE r.record IS NOT NULL AND r.deleted_at IS NULL;

CREATE VIEW points AS
SELECT r.run_id, t.key, t.phase, t.worker, t.aggregation, t.incarnation,
  p.seq, nullif(p.step, 'NaN') AS step, nullif(p.epoch, 'NaN') AS epoch, p.ts, p.value
FROM runs r
JOIN tracks t ON t.run = r.id
CROSS JOIN LATERAL (
  SELECT u.* FROM chunks c, unnest(c.seq, c.step, c.epoch, c.ts, c.value) AS u (seq, step, epoch, ts, value)
  WHERE c.run = t.run AND c.track = t.number
  UNION ALL
  SELECT u.* FROM tails l, unnest(l.seq, l.step, l.epoch, l.ts, l.value) AS u (seq, step, epoch, ts, value)
  WHERE l.run = t.run AND l.track = t.number
) p
WHERE r.record IS NOT NULL AND r.deleted_at IS NULL;
