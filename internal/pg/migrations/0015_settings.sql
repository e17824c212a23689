-- Whose settings there are: a User's ref, and of somebody who was let in without a User the account too, since another of the
-- same name is somebody else. The row is locked by whoever changes a setting of theirs, so its sums are right.
CREATE TABLE setting_owners (
    id         bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_ref   text    NOT NULL,
    account_id bigint  NOT NULL DEFAULT 0, -- 0: of whoever is the User
    settings   integer NOT NULL DEFAULT 0,
    bytes      bigint  NOT NULL DEFAULT 0,
    UNIQUE (user_ref, account_id)
);

CREATE TABLE user_settings (
    owner_id   bigint      NOT NULL REFERENCES setting_owners ON DELETE CASCADE,
    bucket     text        NOT NULL,
    key        text        NOT NULL,
    value      json        NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (owner_id, bucket, key)
);

-- How many people starred an entity, kept in the transaction that changes their list: a page asks for one row.
CREATE TABLE star_counts (
    entity_ref text    PRIMARY KEY,
    people     integer NOT NULL
);
