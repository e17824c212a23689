-- The list of what was removed is paged in the order in which it is shown.
DROP INDEX catalog_entities_removed;
CREATE INDEX catalog_entities_removed ON catalog_entities (removed_at DESC, ref) WHERE state = 'removed';
