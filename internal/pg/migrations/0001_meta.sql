-- Facts about this installation as a whole, one a row: what no domain owns.
CREATE TABLE portico_meta (
    key        text        PRIMARY KEY,
    value      text        NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE portico_meta IS 'facts about the installation as a whole';

-- Tells one installation from another, also after its database was moved or renamed.
INSERT INTO portico_meta (key, value) VALUES ('installation-id', gen_random_uuid()::text);
