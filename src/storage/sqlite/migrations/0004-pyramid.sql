-- 64 chunks of a track in a row, so that a chart of a long series reads few rows; all of it derived (docs/format/chunk.md).
CREATE TABLE chunk_groups (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  track INTEGER NOT NULL,
  -- chunks.id of its members: the sealed chunks of the track in this range.
  first_chunk INTEGER NOT NULL,
  last_chunk INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  count INTEGER NOT NULL,
  -- All its points in one summary; empty: events came late, or a clock was set back, and only the chunks themselves will do.
  cells BLOB NOT NULL
);
CREATE INDEX chunk_groups_by_track ON chunk_groups (track);

-- The same points at finer resolutions, a row each: id = chunk_groups.id * 8 + level.
CREATE TABLE group_cells (
  id INTEGER PRIMARY KEY,
  cells BLOB NOT NULL
);
