-- Whom a name at a provider led to a user first. An account may be renamed, and leads elsewhere then; this stays, so that
-- whoever takes over the name it gave up does not become the user that it was.
CREATE TABLE identity_pins (
    issuer    text        NOT NULL,
    user_ref  text        NOT NULL,
    subject   text        NOT NULL,
    pinned_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (issuer, user_ref)
);

INSERT INTO identity_pins (issuer, user_ref, subject, pinned_at)
SELECT DISTINCT ON (issuer, user_ref) issuer, user_ref, subject, created_at
FROM identity_accounts
ORDER BY issuer, user_ref, created_at, id;
