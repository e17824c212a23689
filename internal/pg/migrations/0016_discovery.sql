-- Repositories as their hosts list them.
CREATE TABLE forge_repositories (
  provider       text        NOT NULL,             -- "github:acme": kind and id in the configuration
  repo_id        text        NOT NULL,             -- the host's, which survives a rename
  name           text        NOT NULL,             -- "owner/name"
  entity_name    text        NOT NULL,             -- what inferred entities are called after; given once, stays
  url            text        NOT NULL,
  clone_url      text        NOT NULL,
  description    text        NOT NULL DEFAULT '',
  default_branch text        NOT NULL DEFAULT '',
  head           text        NOT NULL DEFAULT '',
  archived       boolean     NOT NULL DEFAULT false,
  fork           boolean     NOT NULL DEFAULT false,
  visibility     text        NOT NULL DEFAULT '',
  topics         text[]      NOT NULL DEFAULT '{}',
  languages      json        NOT NULL DEFAULT '[]',
  teams          json        NOT NULL DEFAULT '[]',
  committers     json,                               -- the team that made most of the latest commits, and what shows it; NULL where none did
  pushed_at      timestamptz,
  left_out       text        NOT NULL DEFAULT '',  -- why filters leave it out of the catalog; '' where they do not
  wants          text        NOT NULL DEFAULT '',  -- what read_head is to be: the head, what else of the host counts, and the rules
  read_head      text        NOT NULL DEFAULT '',  -- what wants was when it was last read; '': read it
  read_at        timestamptz,
  told_at        timestamptz,                      -- when deliveries had it looked at last
  units          text[]      NOT NULL DEFAULT '{}',-- locations of the files that it yielded then
  error          text        NOT NULL DEFAULT '',
  seen_crawl     bigint      NOT NULL DEFAULT 0,   -- the last crawl that the host listed it in
  first_seen_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (provider, repo_id)
);
CREATE INDEX forge_repositories_name ON forge_repositories (provider, lower(name));

-- Passes over a provider's repositories. The one without finished_at goes on from its cursor.
CREATE TABLE forge_crawls (
  id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  provider     text        NOT NULL,
  started_at   timestamptz NOT NULL DEFAULT now(),
  cursor       text        NOT NULL DEFAULT '',
  pages        int         NOT NULL DEFAULT 0,
  listed       int         NOT NULL DEFAULT 0,     -- repositories so far
  total        int         NOT NULL DEFAULT -1,    -- of all pages, as the host says; -1 where it does not
  read         int         NOT NULL DEFAULT 0,     -- of them, those whose head had moved
  requests     int         NOT NULL DEFAULT 0,     -- to the host's API
  touched_at   timestamptz NOT NULL DEFAULT now(), -- when it came on last
  whole        boolean     NOT NULL DEFAULT false,
  finished_at  timestamptz,
  error        text        NOT NULL DEFAULT ''
);
CREATE INDEX forge_crawls_provider ON forge_crawls (provider, id DESC);

-- What a credential may still ask of its host, for all replicas.
CREATE TABLE forge_budgets (
  credential text        NOT NULL,                 -- a digest
  resource   text        NOT NULL,                 -- the host's kind of limit: "core", "graphql"
  host       text        NOT NULL,
  quota      int         NOT NULL DEFAULT 0,       -- requests, or points, a window; 0 where the host does not say
  remaining  int         NOT NULL DEFAULT 0,
  resets_at  timestamptz,
  retry_at   timestamptz,                          -- the host asked to be left alone until then
  seen_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (credential, resource)
);

-- What each source spent, an hour at a time.
CREATE TABLE forge_spending (
  credential text        NOT NULL,
  resource   text        NOT NULL,
  provider   text        NOT NULL,
  purpose    text        NOT NULL,                 -- "person", "webhook", "crawl", "organization"
  hour       timestamptz NOT NULL,
  requests   int         NOT NULL DEFAULT 0,
  points     int         NOT NULL DEFAULT 0,       -- as the host counts
  PRIMARY KEY (credential, resource, provider, purpose, hour)
);

-- Webhooks as they were delivered.
CREATE TABLE forge_deliveries (
  id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  provider    text        NOT NULL,
  delivery_id text        NOT NULL,
  event       text        NOT NULL,
  what        int         NOT NULL,                -- forge.What
  repo_id     text        NOT NULL DEFAULT '',
  repository  text        NOT NULL DEFAULT '',
  received_at timestamptz NOT NULL DEFAULT now(),
  done_at     timestamptz,
  attempts    int         NOT NULL DEFAULT 0,
  retry_at    timestamptz,                         -- not before then
  error       text        NOT NULL DEFAULT '',
  UNIQUE (provider, delivery_id)
);
CREATE INDEX forge_deliveries_waiting ON forge_deliveries (provider, id) WHERE done_at IS NULL;

-- What entities are composed of, where that is more than one file: what was inferred, what people set in the portal, and
-- what a file declares of the same entity.
CREATE TABLE catalog_layers (
  ref      text        NOT NULL,
  layer    text        NOT NULL CHECK (layer IN ('inferred', 'overlay', 'declared')),
  unit_id  bigint      REFERENCES catalog_units ON DELETE CASCADE, -- NULL for an overlay
  entity   json        NOT NULL,
  evidence json        NOT NULL DEFAULT '[]',      -- of an overlay: field, author and time
  at       timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (ref, layer)
);
CREATE INDEX catalog_layers_unit ON catalog_layers (unit_id);

-- Pull requests that bring into the file of an entity what is known of it: the last one of each.
CREATE TABLE catalog_proposals (
  ref        text        PRIMARY KEY,
  provider   text        NOT NULL,
  repository text        NOT NULL,                 -- "owner/name"
  branch     text        NOT NULL,
  number     bigint      NOT NULL,
  url        text        NOT NULL,
  fields     json        NOT NULL,                 -- path and value of what people had set: once the file says all, it is done
  by         text        NOT NULL,
  at         timestamptz NOT NULL DEFAULT now()
);

-- Proposals that somebody owns something, and what was decided.
CREATE TABLE ownership_claims (
  id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ref          text        NOT NULL,
  owner_ref    text        NOT NULL,               -- who is to own it
  asked_ref    text        NOT NULL,               -- whose inbox it is in: the owner's, or, where somebody claims what another owns, that one's
  reason       text        NOT NULL CHECK (reason IN ('proposed', 'passed', 'claimed', 'verify')),
  state        text        NOT NULL CHECK (state IN ('open', 'confirmed', 'passed', 'rejected', 'withdrawn')),
  evidence     json        NOT NULL DEFAULT '[]',
  digest       text        NOT NULL DEFAULT '',    -- of the evidence: what was rejected comes back when it is another
  proposed_by  text        NOT NULL,
  proposed_at  timestamptz NOT NULL DEFAULT now(),
  decided_by   text        NOT NULL DEFAULT '',
  decided_at   timestamptz,
  note         text        NOT NULL DEFAULT '',
  passed_to    text        NOT NULL DEFAULT '',
  sets_owner   boolean     NOT NULL DEFAULT false, -- the confirmation made the owner the entity's
  verify_until timestamptz                         -- of a confirmed one: ask again then
);
CREATE UNIQUE INDEX ownership_claims_open ON ownership_claims (ref, owner_ref) WHERE state = 'open';
CREATE INDEX ownership_claims_asked ON ownership_claims (asked_ref) WHERE state = 'open';
CREATE INDEX ownership_claims_ref ON ownership_claims (ref, id DESC);
CREATE INDEX ownership_claims_verify ON ownership_claims (verify_until) WHERE state = 'confirmed';

-- How far proposals have followed the catalog: one row.
CREATE TABLE ownership_state (
  one      boolean     PRIMARY KEY DEFAULT true CHECK (one),
  revision bigint      NOT NULL DEFAULT 0,
  whole_at timestamptz,                            -- when everything was last looked at
  aliases  text        NOT NULL DEFAULT ''         -- digest of owner_aliases, as they were then
);
INSERT INTO ownership_state DEFAULT VALUES;

-- Old refs of owners that stand for new ones.
CREATE TABLE owner_aliases (
  old_ref text        PRIMARY KEY,
  new_ref text        NOT NULL,
  by      text        NOT NULL,
  at      timestamptz NOT NULL DEFAULT now()
);

-- Shares, a day at a time.
CREATE TABLE coverage_days (
  day         date    NOT NULL,
  scope       text    NOT NULL,                    -- '' for everything, or the ref of a team
  measure     text    NOT NULL,
  numerator   double precision NOT NULL,
  denominator double precision NOT NULL,
  PRIMARY KEY (scope, measure, day)                -- a trend is one stretch of it
);
CREATE INDEX coverage_days_day ON coverage_days (day);
