-- What each source yields, counted when it has been read: the list of sources must not count the whole catalog each time it is
-- shown.
ALTER TABLE catalog_sources
  ADD COLUMN units    int NOT NULL DEFAULT 0,
  ADD COLUMN entities int NOT NULL DEFAULT 0,
  ADD COLUMN missing  int NOT NULL DEFAULT 0,
  ADD COLUMN problems int NOT NULL DEFAULT 0;

-- The lists of what is wrong.
CREATE INDEX catalog_units_problems ON catalog_units (source_id) WHERE problems::text <> '[]';
CREATE INDEX catalog_entities_removed ON catalog_entities (removed_at) WHERE state = 'removed';

-- Compressing the text of a file of hundreds of documents takes longer than anything else that is done with it, and is done while
-- other writers wait.
ALTER TABLE catalog_unit_texts ALTER COLUMN text SET STORAGE EXTERNAL;

-- The log is written in the order of time, so a summary of each stretch finds what is old as well as an entry a row, and costs
-- writers nothing.
DROP INDEX catalog_changes_at;
CREATE INDEX catalog_changes_at ON catalog_changes USING brin (at);
