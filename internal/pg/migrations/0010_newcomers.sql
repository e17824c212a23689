-- Users whom their first sign-in made. Owner: internal/catalog.

ALTER TABLE catalog_sources
  DROP CONSTRAINT catalog_sources_origin_check,
  ADD CONSTRAINT catalog_sources_origin_check CHECK (origin IN ('config', 'registered', 'trial', 'sign-in'));

-- What the source sign-in:users declares. A row goes when another source declares a User of the name.
CREATE TABLE catalog_newcomers (
  name       text        PRIMARY KEY,           -- of the User entity, in the namespace default
  issuer     text        NOT NULL,
  subject    text        NOT NULL,
  descriptor text        NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (issuer, subject)
);
