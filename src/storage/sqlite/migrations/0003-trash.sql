-- Runs in the trash. The index alone tells which they are: the column lies behind the two large ones.
ALTER TABLE runs ADD COLUMN deleted_at INTEGER;
CREATE INDEX runs_deleted ON runs (id) WHERE deleted_at IS NOT NULL;
