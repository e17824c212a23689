-- The catalog. Owner: internal/catalog.

-- One row. Its lock orders all writes: whoever advances the revision holds it until commit, so
-- commit order is revision order and a follower never skips a change.
CREATE TABLE catalog_state (
  only_row        boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  revision        bigint  NOT NULL DEFAULT 0,
  purged_revision bigint  NOT NULL DEFAULT 0, -- removals up to here may be forgotten; an older follower reloads
  log_purged      bigint  NOT NULL DEFAULT 0  -- changes up to here are no longer in the log
);
INSERT INTO catalog_state DEFAULT VALUES;

-- What an operator configured or registered.
CREATE TABLE catalog_sources (
  id              text PRIMARY KEY,
  location_id     uuid UNIQUE NOT NULL,          -- the id in Backstage's /locations
  type            text NOT NULL,
  target          text NOT NULL,
  origin          text NOT NULL CHECK (origin IN ('config', 'registered', 'trial')),
  presence        text NOT NULL DEFAULT 'required' CHECK (presence IN ('required', 'optional')),
  rules           json NOT NULL DEFAULT '[]',    -- [{"kind","type"}], beside the catalog's rules
  state           text NOT NULL DEFAULT 'reading' CHECK (state IN ('current', 'reading', 'degraded', 'failed', 'held')),
  message         text NOT NULL DEFAULT '',
  held            json,                          -- {"missing","of","refs","digest"} while a removal waits for an operator
  requested_at    timestamptz NOT NULL DEFAULT now(),
  last_attempt_at timestamptz,
  last_success_at timestamptz,
  next_at         timestamptz,
  created_at      timestamptz NOT NULL DEFAULT now(),
  created_by      text NOT NULL DEFAULT '',
  UNIQUE (type, target)
);

-- Everything that one exact location declares.
CREATE TABLE catalog_units (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source_id       text   NOT NULL REFERENCES catalog_sources ON DELETE CASCADE,
  location        text   NOT NULL UNIQUE,
  name            text   NOT NULL DEFAULT '',
  parent_ref      text   NOT NULL DEFAULT '',    -- the Location entity that led here; '' at the root
  revision        text   NOT NULL DEFAULT '',
  state           text   NOT NULL DEFAULT 'ok' CHECK (state IN ('ok', 'failed', 'missing')),
  problems        json   NOT NULL DEFAULT '[]',
  problems_since  timestamptz,
  source_location text   NOT NULL DEFAULT '',
  view_url        text   NOT NULL DEFAULT '',
  edit_url        text   NOT NULL DEFAULT '',
  includes        text[] NOT NULL DEFAULT '{}',  -- the locations that $text and the like read into it
  read_at         timestamptz
);
CREATE INDEX catalog_units_source ON catalog_units (source_id);

-- What each place that a source leads to (a file, a glob, a folder, an URL) yielded when it was last read. A place is believed
-- to be unchanged only while every unit that it yielded is still here.
CREATE TABLE catalog_targets (
  source_id  text   NOT NULL REFERENCES catalog_sources ON DELETE CASCADE,
  location   text   NOT NULL,
  parent_ref text   NOT NULL,                    -- the Location entity that names it
  revision   text   NOT NULL DEFAULT '',         -- '': read it again
  units      text[] NOT NULL DEFAULT '{}',       -- locations of the files that it yielded
  PRIMARY KEY (source_id, location)
);

-- The text of a unit as it was last read, for the source tab and the excerpts of problems.
CREATE TABLE catalog_unit_texts (
  unit_id bigint PRIMARY KEY REFERENCES catalog_units ON DELETE CASCADE,
  text    bytea NOT NULL
);

CREATE TABLE catalog_entities (
  uid           uuid   PRIMARY KEY,
  ref           text   NOT NULL UNIQUE,
  unit_id       bigint REFERENCES catalog_units ON DELETE SET NULL,
  location      text   NOT NULL,
  parent_ref    text   NOT NULL DEFAULT '',
  entity        json   NOT NULL,                 -- as asserted, canonical; json keeps the order of keys
  digest        text   NOT NULL,
  line          int    NOT NULL DEFAULT 0,
  end_line      int    NOT NULL DEFAULT 0,
  asserted      boolean NOT NULL DEFAULT true,   -- false: its unit no longer names it
  kept          boolean NOT NULL DEFAULT false,  -- an operator said to keep it although its unit no longer names it
  status        json,                            -- status items while its document cannot be used
  state         text   NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'missing', 'removed')),
  missing_since timestamptz,
  removed_at    timestamptz,
  removed_by    text,
  reason        text   NOT NULL DEFAULT '',
  revision      bigint NOT NULL,
  created_at    timestamptz NOT NULL DEFAULT now(),
  changed_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX catalog_entities_revision ON catalog_entities (revision);
CREATE INDEX catalog_entities_unit ON catalog_entities (unit_id);
CREATE INDEX catalog_entities_gone ON catalog_entities (state) WHERE state <> 'active';

-- Assertions that lost: another unit had the ref first.
CREATE TABLE catalog_conflicts (
  unit_id    bigint NOT NULL REFERENCES catalog_units ON DELETE CASCADE,
  ref        text   NOT NULL,
  entity     json   NOT NULL,
  digest     text   NOT NULL,
  line       int    NOT NULL DEFAULT 0,
  end_line   int    NOT NULL DEFAULT 0,
  since      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (unit_id, ref)
);
CREATE INDEX catalog_conflicts_ref ON catalog_conflicts (ref);

-- The change log.
CREATE TABLE catalog_changes (
  revision bigint PRIMARY KEY,
  ref      text   NOT NULL,
  uid      uuid   NOT NULL,
  op       text   NOT NULL CHECK (op IN ('created', 'updated', 'missing', 'returned', 'removed', 'restored')),
  diff     json,
  source   text   NOT NULL,
  actor    text   NOT NULL,
  at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX catalog_changes_ref ON catalog_changes (ref, revision DESC);
CREATE INDEX catalog_changes_at ON catalog_changes (at);

-- Definitions are large and compress slowly; served as they are, they are faster uncompressed.
ALTER TABLE catalog_entities ALTER COLUMN entity SET STORAGE EXTERNAL;
ALTER TABLE catalog_conflicts ALTER COLUMN entity SET STORAGE EXTERNAL;
