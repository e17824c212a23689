-- Whoever was let in without a User entity keeps access when the catalog has none; everybody else loses it with theirs.
ALTER TABLE identity_accounts ADD COLUMN without_user boolean NOT NULL DEFAULT false;

-- What a session is called where its owner sees it: the digest would be as good as a password to nobody, but is no name.
ALTER TABLE identity_sessions ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY;
CREATE UNIQUE INDEX identity_sessions_id ON identity_sessions (id);
CREATE INDEX identity_accounts_user ON identity_accounts (user_ref);

-- What a script holds is 256 random bits; here is its SHA-256. A token that was given a new secret takes the one before, too, for a while.
CREATE TABLE identity_tokens (
    id               bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest           bytea       NOT NULL UNIQUE,
    previous         bytea       UNIQUE,
    previous_until   timestamptz,
    previous_used_at timestamptz,
    kind             text        NOT NULL CHECK (kind IN ('personal', 'service')),
    account_id       bigint      REFERENCES identity_accounts ON DELETE CASCADE,
    name             text        NOT NULL,
    scopes           text[]      NOT NULL,
    created_at       timestamptz NOT NULL DEFAULT now(),
    created_by       text        NOT NULL,
    expires_at       timestamptz NOT NULL,
    used_at          timestamptz,
    revoked_at       timestamptz,
    CHECK ((kind = 'personal') = (account_id IS NOT NULL)),
    CHECK ((previous IS NULL) = (previous_until IS NULL))
);
CREATE INDEX identity_tokens_account ON identity_tokens (account_id);
-- The name of a service is who it is: one token at a time has it.
CREATE UNIQUE INDEX identity_tokens_service ON identity_tokens (name) WHERE kind = 'service' AND revoked_at IS NULL;

-- A person has allowed `portico login` to have a token, and it has not come for it yet. The code is of use to nobody without the proof.
CREATE TABLE identity_grants (
    digest     bytea       PRIMARY KEY,
    account_id bigint      NOT NULL REFERENCES identity_accounts ON DELETE CASCADE,
    challenge  text        NOT NULL,
    name       text        NOT NULL,
    scopes     text[]      NOT NULL,
    age        interval    NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX identity_grants_expires ON identity_grants (expires_at);
