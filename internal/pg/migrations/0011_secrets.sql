-- Data keys, each sealed with a key that the operator holds. The highest id seals; the others open what they sealed before.
CREATE TABLE secret_keys (
    id           bigint      PRIMARY KEY,
    sealed       bytea       NOT NULL,
    operator_key text        NOT NULL, -- the name of the operator's key, which tells nothing of it
    created_at   timestamptz NOT NULL DEFAULT now()
);

-- Keys that sign the tokens of users. A key is published a day before it signs, and until the last token that it signed has ended.
CREATE TABLE identity_keys (
    kid        text        PRIMARY KEY,
    private    bytea       NOT NULL, -- PKCS #8, sealed
    created_at timestamptz NOT NULL,
    signs_from timestamptz NOT NULL,
    retires_at timestamptz NOT NULL  -- when it signs no more
);

-- Where a sign-in that a pop-up window makes hands its result: the origin of the page that opened it.
ALTER TABLE identity_flows ADD COLUMN opener text NOT NULL DEFAULT '';
