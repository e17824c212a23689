-- What the files of a source were judged by when they were read: its rules and the catalog's, and the way in which documents are
-- checked. When that changes, they are read again.
ALTER TABLE catalog_sources ADD COLUMN read_by text NOT NULL DEFAULT '';

-- Beside catalog_units.includes, in the same order: what the unit calls the files, and the revisions at which they were read.
ALTER TABLE catalog_units
  ADD COLUMN include_targets   text[] NOT NULL DEFAULT '{}',
  ADD COLUMN include_revisions text[] NOT NULL DEFAULT '{}';
