-- What retention removes is in the log itself, as audit.expire, and a beginning that no such record names was cut by
-- somebody else. What expired before has none: that beginning is trusted.
ALTER TABLE audit_head ADD COLUMN trusted_seq bigint NOT NULL DEFAULT 0; -- an anchor_seq that may do without
UPDATE audit_head SET trusted_seq = anchor_seq;
