-- What was removed by hand stays removed while its file says nothing new; what a grace or a source took comes back with its file.
ALTER TABLE catalog_entities ADD COLUMN by_hand boolean NOT NULL DEFAULT false;
UPDATE catalog_entities SET by_hand = true WHERE state = 'removed' AND reason = 'it was removed by hand';
-- Some of the others are declared already, and wait for their files to be read again.
UPDATE catalog_units SET revision = '' WHERE id IN (SELECT unit_id FROM catalog_entities WHERE state = 'removed' AND asserted AND NOT by_hand);

-- Changes up to here have been looked at for what is too many of one entity.
ALTER TABLE catalog_state ADD COLUMN log_trimmed bigint NOT NULL DEFAULT 0;
