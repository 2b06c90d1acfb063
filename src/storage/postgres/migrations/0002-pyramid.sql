-- 64 chunks of a track in a row, in the order of their numbers, so that a chart of a long series reads few rows; all of it derived
-- (docs/format/chunk.md). Which chunks make a group follows from the chunks alone: whoever makes it makes the same.
CREATE TABLE chunk_groups (
  run bigint NOT NULL,
  track integer NOT NULL,
  -- chunks.number of its members: the chunks of the track in this range.
  first_chunk bigint NOT NULL,
  last_chunk bigint NOT NULL,
  first_seq double precision NOT NULL,
  last_seq double precision NOT NULL,
  count integer NOT NULL,
  -- All its points in one summary; empty, like the others: events came late, or a clock was set back, and only the chunks will do.
  whole bytea NOT NULL,
  -- The same points at finer resolutions (LEVELS of pyramid.ts).
  level_0 bytea NOT NULL,
  level_1 bytea NOT NULL,
  level_2 bytea NOT NULL,
  level_3 bytea NOT NULL,
  PRIMARY KEY (run, first_chunk)
) PARTITION BY HASH (run);
-- Doubles of measured values: compression takes longer than what it saves to read.
ALTER TABLE chunk_groups ALTER COLUMN level_0 SET STORAGE EXTERNAL;
ALTER TABLE chunk_groups ALTER COLUMN level_1 SET STORAGE EXTERNAL;
ALTER TABLE chunk_groups ALTER COLUMN level_2 SET STORAGE EXTERNAL;
CREATE INDEX chunk_groups_by_track ON chunk_groups (run, track, last_chunk);

DO $$
BEGIN
  FOR part IN 0..15 LOOP
    EXECUTE format('CREATE TABLE chunk_groups_%s PARTITION OF chunk_groups FOR VALUES WITH (MODULUS 16, REMAINDER %s)', part, part);
  END LOOP;
END $$;

-- Chunks of a track behind its last group, or within one.
DROP INDEX chunks_by_track;
CREATE INDEX chunks_by_track ON chunks (run, track, number);

-- Runs with chunks from before there were groups: worked off by whoever writes to the database.
CREATE TABLE ungrouped (run bigint PRIMARY KEY);
INSERT INTO ungrouped SELECT id FROM runs WHERE last_chunk >= 64;
