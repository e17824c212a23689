-- Somebody as a provider knows them: issuer and subject, and nothing else, say that two sign-ins are of the same person.
CREATE TABLE identity_accounts (
    id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    issuer       text        NOT NULL,
    subject      text        NOT NULL,
    provider     text        NOT NULL,
    user_ref     text        NOT NULL,
    display_name text        NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    signed_in_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (issuer, subject)
);

-- The browser holds an id of 256 random bits; here is its SHA-256, so that whoever reads this table is not signed in.
CREATE TABLE identity_sessions (
    digest     bytea       PRIMARY KEY,
    account_id bigint      NOT NULL REFERENCES identity_accounts ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at    timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    user_agent text        NOT NULL,
    address    text        NOT NULL
);
CREATE INDEX identity_sessions_account ON identity_sessions (account_id);
CREATE INDEX identity_sessions_expires ON identity_sessions (expires_at);

-- A sign-in under way. Nonce and PKCE verifier are derived from a secret that only the browser holds, so there is nothing here to seal.
CREATE TABLE identity_flows (
    digest     bytea       PRIMARY KEY,
    browser    bytea       NOT NULL,
    provider   text        NOT NULL,
    return_to  text        NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX identity_flows_expires ON identity_flows (expires_at);
