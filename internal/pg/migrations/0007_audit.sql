-- The audit log. Owner: internal/identity/audit.

-- One row. Its lock makes the chain linear: whoever appends holds it until commit.
CREATE TABLE audit_head (
  only_row      boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
  seq           bigint      NOT NULL DEFAULT 0,       -- of the last record
  digest        bytea       NOT NULL,                 -- of the last record
  at            timestamptz NOT NULL DEFAULT now(),   -- of the last record; none has an earlier time than the one before
  anchor_seq    bigint      NOT NULL DEFAULT 0,       -- of the last record that expired
  anchor_digest bytea       NOT NULL,                 -- its digest, which the oldest record that is kept goes on from
  anchored_at   timestamptz NOT NULL DEFAULT now()
);
INSERT INTO audit_head (digest, anchor_digest) VALUES (decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'));

-- Never updated. digest = sha256(prev ‖ the canonical bytes of the record).
CREATE TABLE audit_log (
  seq        bigint      PRIMARY KEY,
  at         timestamptz NOT NULL,
  actor      text        NOT NULL,                    -- "user:default/ana", "service:ci", "unknown"
  principal  text        NOT NULL,                    -- user, service, guest, system; "" where nobody was known
  action     text        NOT NULL,
  target     text        NOT NULL,
  outcome    text        NOT NULL CHECK (outcome IN ('allowed', 'denied')),
  status     integer     NOT NULL DEFAULT 0,          -- of the answer to what was denied
  detail     json        NOT NULL DEFAULT '{}',       -- json, not jsonb: the digest is of the text
  request_id text        NOT NULL DEFAULT '',
  address    text        NOT NULL DEFAULT '',
  prev       bytea       NOT NULL,
  digest     bytea       NOT NULL
);
CREATE INDEX audit_log_actor ON audit_log (actor, seq);
CREATE INDEX audit_log_target ON audit_log (target, seq);
CREATE INDEX audit_log_at ON audit_log USING brin (at);
