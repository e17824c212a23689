-- What the migrations make, for readers. Written by `go test ./internal/pg -run TestSchema -update`.

CREATE TABLE audit_head (
    only_row boolean NOT NULL DEFAULT true,
    seq bigint NOT NULL DEFAULT 0,
    digest bytea NOT NULL,
    at timestamp with time zone NOT NULL DEFAULT now(),
    anchor_seq bigint NOT NULL DEFAULT 0,
    anchor_digest bytea NOT NULL,
    anchored_at timestamp with time zone NOT NULL DEFAULT now(),
    trusted_seq bigint NOT NULL DEFAULT 0,
    CONSTRAINT audit_head_pkey PRIMARY KEY (only_row),
    CONSTRAINT audit_head_only_row_check CHECK (only_row)
);

CREATE TABLE audit_log (
    seq bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    principal text NOT NULL,
    action text NOT NULL,
    target text NOT NULL,
    outcome text NOT NULL,
    status integer NOT NULL DEFAULT 0,
    detail json NOT NULL DEFAULT '{}'::json,
    request_id text NOT NULL DEFAULT ''::text,
    address text NOT NULL DEFAULT ''::text,
    prev bytea NOT NULL,
    digest bytea NOT NULL,
    CONSTRAINT audit_log_pkey PRIMARY KEY (seq),
    CONSTRAINT audit_log_outcome_check CHECK ((outcome = ANY (ARRAY['allowed'::text, 'denied'::text])))
);
CREATE INDEX audit_log_actor ON public.audit_log USING btree (actor, seq);
CREATE INDEX audit_log_at ON public.audit_log USING brin (at);
CREATE INDEX audit_log_target ON public.audit_log USING btree (target, seq);

CREATE TABLE catalog_changes (
    revision bigint NOT NULL,
    ref text NOT NULL,
    uid uuid NOT NULL,
    op text NOT NULL,
    diff json,
    source text NOT NULL,
    actor text NOT NULL,
    at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT catalog_changes_pkey PRIMARY KEY (revision),
    CONSTRAINT catalog_changes_op_check CHECK ((op = ANY (ARRAY['created'::text, 'updated'::text, 'missing'::text, 'returned'::text, 'removed'::text, 'restored'::text])))
);
CREATE INDEX catalog_changes_at ON public.catalog_changes USING brin (at);
CREATE INDEX catalog_changes_ref ON public.catalog_changes USING btree (ref, revision DESC);

CREATE TABLE catalog_conflicts (
    unit_id bigint NOT NULL,
    ref text NOT NULL,
    entity json NOT NULL,
    digest text NOT NULL,
    line integer NOT NULL DEFAULT 0,
    end_line integer NOT NULL DEFAULT 0,
    since timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT catalog_conflicts_pkey PRIMARY KEY (unit_id, ref),
    CONSTRAINT catalog_conflicts_unit_id_fkey FOREIGN KEY (unit_id) REFERENCES catalog_units(id) ON DELETE CASCADE
);
CREATE INDEX catalog_conflicts_ref ON public.catalog_conflicts USING btree (ref);

CREATE TABLE catalog_entities (
    uid uuid NOT NULL,
    ref text NOT NULL,
    unit_id bigint,
    location text NOT NULL,
    parent_ref text NOT NULL DEFAULT ''::text,
    entity json NOT NULL,
    digest text NOT NULL,
    line integer NOT NULL DEFAULT 0,
    end_line integer NOT NULL DEFAULT 0,
    asserted boolean NOT NULL DEFAULT true,
    kept boolean NOT NULL DEFAULT false,
    status json,
    state text NOT NULL DEFAULT 'active'::text,
    missing_since timestamp with time zone,
    removed_at timestamp with time zone,
    removed_by text,
    reason text NOT NULL DEFAULT ''::text,
    revision bigint NOT NULL,
    created_at timestamp with time zone NOT NULL DEFAULT now(),
    changed_at timestamp with time zone NOT NULL DEFAULT now(),
    by_hand boolean NOT NULL DEFAULT false,
    CONSTRAINT catalog_entities_pkey PRIMARY KEY (uid),
    CONSTRAINT catalog_entities_ref_key UNIQUE (ref),
    CONSTRAINT catalog_entities_unit_id_fkey FOREIGN KEY (unit_id) REFERENCES catalog_units(id) ON DELETE SET NULL,
    CONSTRAINT catalog_entities_state_check CHECK ((state = ANY (ARRAY['active'::text, 'missing'::text, 'removed'::text])))
);
CREATE INDEX catalog_entities_gone ON public.catalog_entities USING btree (state) WHERE (state <> 'active'::text);
CREATE INDEX catalog_entities_removed ON public.catalog_entities USING btree (removed_at DESC, ref) WHERE (state = 'removed'::text);
CREATE INDEX catalog_entities_revision ON public.catalog_entities USING btree (revision);
CREATE INDEX catalog_entities_unit ON public.catalog_entities USING btree (unit_id);

CREATE TABLE catalog_layers (
    ref text NOT NULL,
    layer text NOT NULL,
    unit_id bigint,
    entity json NOT NULL,
    evidence json NOT NULL DEFAULT '[]'::json,
    at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT catalog_layers_pkey PRIMARY KEY (ref, layer),
    CONSTRAINT catalog_layers_unit_id_fkey FOREIGN KEY (unit_id) REFERENCES catalog_units(id) ON DELETE CASCADE,
    CONSTRAINT catalog_layers_layer_check CHECK ((layer = ANY (ARRAY['inferred'::text, 'overlay'::text, 'declared'::text])))
);
CREATE INDEX catalog_layers_unit ON public.catalog_layers USING btree (unit_id);

CREATE TABLE catalog_newcomers (
    name text NOT NULL,
    issuer text NOT NULL,
    subject text NOT NULL,
    descriptor text NOT NULL,
    created_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT catalog_newcomers_pkey PRIMARY KEY (name),
    CONSTRAINT catalog_newcomers_issuer_subject_key UNIQUE (issuer, subject)
);

CREATE TABLE catalog_proposals (
    ref text NOT NULL,
    provider text NOT NULL,
    repository text NOT NULL,
    branch text NOT NULL,
    number bigint NOT NULL,
    url text NOT NULL,
    fields json NOT NULL,
    by text NOT NULL,
    at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT catalog_proposals_pkey PRIMARY KEY (ref)
);

CREATE TABLE catalog_sources (
    id text NOT NULL,
    location_id uuid NOT NULL,
    type text NOT NULL,
    target text NOT NULL,
    origin text NOT NULL,
    presence text NOT NULL DEFAULT 'required'::text,
    rules json NOT NULL DEFAULT '[]'::json,
    state text NOT NULL DEFAULT 'reading'::text,
    message text NOT NULL DEFAULT ''::text,
    held json,
    requested_at timestamp with time zone NOT NULL DEFAULT now(),
    last_attempt_at timestamp with time zone,
    last_success_at timestamp with time zone,
    next_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL DEFAULT now(),
    created_by text NOT NULL DEFAULT ''::text,
    units integer NOT NULL DEFAULT 0,
    entities integer NOT NULL DEFAULT 0,
    missing integer NOT NULL DEFAULT 0,
    problems integer NOT NULL DEFAULT 0,
    read_by text NOT NULL DEFAULT ''::text,
    CONSTRAINT catalog_sources_pkey PRIMARY KEY (id),
    CONSTRAINT catalog_sources_location_id_key UNIQUE (location_id),
    CONSTRAINT catalog_sources_type_target_key UNIQUE (type, target),
    CONSTRAINT catalog_sources_origin_check CHECK ((origin = ANY (ARRAY['config'::text, 'registered'::text, 'trial'::text, 'sign-in'::text]))),
    CONSTRAINT catalog_sources_presence_check CHECK ((presence = ANY (ARRAY['required'::text, 'optional'::text]))),
    CONSTRAINT catalog_sources_state_check CHECK ((state = ANY (ARRAY['current'::text, 'reading'::text, 'degraded'::text, 'failed'::text, 'held'::text])))
);

CREATE TABLE catalog_state (
    only_row boolean NOT NULL DEFAULT true,
    revision bigint NOT NULL DEFAULT 0,
    purged_revision bigint NOT NULL DEFAULT 0,
    log_purged bigint NOT NULL DEFAULT 0,
    log_trimmed bigint NOT NULL DEFAULT 0,
    CONSTRAINT catalog_state_pkey PRIMARY KEY (only_row),
    CONSTRAINT catalog_state_only_row_check CHECK (only_row)
);

CREATE TABLE catalog_targets (
    source_id text NOT NULL,
    location text NOT NULL,
    parent_ref text NOT NULL,
    revision text NOT NULL DEFAULT ''::text,
    units text[] NOT NULL DEFAULT '{}'::text[],
    CONSTRAINT catalog_targets_pkey PRIMARY KEY (source_id, location),
    CONSTRAINT catalog_targets_source_id_fkey FOREIGN KEY (source_id) REFERENCES catalog_sources(id) ON DELETE CASCADE
);

CREATE TABLE catalog_unit_texts (
    unit_id bigint NOT NULL,
    text bytea NOT NULL,
    CONSTRAINT catalog_unit_texts_pkey PRIMARY KEY (unit_id),
    CONSTRAINT catalog_unit_texts_unit_id_fkey FOREIGN KEY (unit_id) REFERENCES catalog_units(id) ON DELETE CASCADE
);

CREATE TABLE catalog_units (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    source_id text NOT NULL,
    location text NOT NULL,
    name text NOT NULL DEFAULT ''::text,
    parent_ref text NOT NULL DEFAULT ''::text,
    revision text NOT NULL DEFAULT ''::text,
    state text NOT NULL DEFAULT 'ok'::text,
    problems json NOT NULL DEFAULT '[]'::json,
    problems_since timestamp with time zone,
    source_location text NOT NULL DEFAULT ''::text,
    view_url text NOT NULL DEFAULT ''::text,
    edit_url text NOT NULL DEFAULT ''::text,
    includes text[] NOT NULL DEFAULT '{}'::text[],
    read_at timestamp with time zone,
    include_targets text[] NOT NULL DEFAULT '{}'::text[],
    include_revisions text[] NOT NULL DEFAULT '{}'::text[],
    CONSTRAINT catalog_units_pkey PRIMARY KEY (id),
    CONSTRAINT catalog_units_location_key UNIQUE (location),
    CONSTRAINT catalog_units_source_id_fkey FOREIGN KEY (source_id) REFERENCES catalog_sources(id) ON DELETE CASCADE,
    CONSTRAINT catalog_units_state_check CHECK ((state = ANY (ARRAY['ok'::text, 'failed'::text, 'missing'::text])))
);
CREATE INDEX catalog_units_problems ON public.catalog_units USING btree (source_id) WHERE ((problems)::text <> '[]'::text);
CREATE INDEX catalog_units_source ON public.catalog_units USING btree (source_id);

CREATE TABLE coverage_days (
    day date NOT NULL,
    scope text NOT NULL,
    measure text NOT NULL,
    numerator double precision NOT NULL,
    denominator double precision NOT NULL,
    CONSTRAINT coverage_days_pkey PRIMARY KEY (scope, measure, day)
);
CREATE INDEX coverage_days_day ON public.coverage_days USING btree (day);

CREATE TABLE forge_budgets (
    credential text NOT NULL,
    resource text NOT NULL,
    host text NOT NULL,
    quota integer NOT NULL DEFAULT 0,
    remaining integer NOT NULL DEFAULT 0,
    resets_at timestamp with time zone,
    retry_at timestamp with time zone,
    seen_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT forge_budgets_pkey PRIMARY KEY (credential, resource)
);

CREATE TABLE forge_crawls (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    provider text NOT NULL,
    started_at timestamp with time zone NOT NULL DEFAULT now(),
    cursor text NOT NULL DEFAULT ''::text,
    pages integer NOT NULL DEFAULT 0,
    listed integer NOT NULL DEFAULT 0,
    total integer NOT NULL DEFAULT '-1'::integer,
    read integer NOT NULL DEFAULT 0,
    requests integer NOT NULL DEFAULT 0,
    touched_at timestamp with time zone NOT NULL DEFAULT now(),
    whole boolean NOT NULL DEFAULT false,
    finished_at timestamp with time zone,
    error text NOT NULL DEFAULT ''::text,
    CONSTRAINT forge_crawls_pkey PRIMARY KEY (id)
);
CREATE INDEX forge_crawls_provider ON public.forge_crawls USING btree (provider, id DESC);

CREATE TABLE forge_deliveries (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    provider text NOT NULL,
    delivery_id text NOT NULL,
    event text NOT NULL,
    what integer NOT NULL,
    repo_id text NOT NULL DEFAULT ''::text,
    repository text NOT NULL DEFAULT ''::text,
    received_at timestamp with time zone NOT NULL DEFAULT now(),
    done_at timestamp with time zone,
    attempts integer NOT NULL DEFAULT 0,
    retry_at timestamp with time zone,
    error text NOT NULL DEFAULT ''::text,
    CONSTRAINT forge_deliveries_pkey PRIMARY KEY (id),
    CONSTRAINT forge_deliveries_provider_delivery_id_key UNIQUE (provider, delivery_id)
);
CREATE INDEX forge_deliveries_waiting ON public.forge_deliveries USING btree (provider, id) WHERE (done_at IS NULL);

CREATE TABLE forge_repositories (
    provider text NOT NULL,
    repo_id text NOT NULL,
    name text NOT NULL,
    entity_name text NOT NULL,
    url text NOT NULL,
    clone_url text NOT NULL,
    description text NOT NULL DEFAULT ''::text,
    default_branch text NOT NULL DEFAULT ''::text,
    head text NOT NULL DEFAULT ''::text,
    archived boolean NOT NULL DEFAULT false,
    fork boolean NOT NULL DEFAULT false,
    visibility text NOT NULL DEFAULT ''::text,
    topics text[] NOT NULL DEFAULT '{}'::text[],
    languages json NOT NULL DEFAULT '[]'::json,
    teams json NOT NULL DEFAULT '[]'::json,
    committers json,
    pushed_at timestamp with time zone,
    left_out text NOT NULL DEFAULT ''::text,
    wants text NOT NULL DEFAULT ''::text,
    read_head text NOT NULL DEFAULT ''::text,
    read_at timestamp with time zone,
    told_at timestamp with time zone,
    units text[] NOT NULL DEFAULT '{}'::text[],
    error text NOT NULL DEFAULT ''::text,
    seen_crawl bigint NOT NULL DEFAULT 0,
    first_seen_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT forge_repositories_pkey PRIMARY KEY (provider, repo_id)
);
CREATE INDEX forge_repositories_name ON public.forge_repositories USING btree (provider, lower(name));

CREATE TABLE forge_spending (
    credential text NOT NULL,
    resource text NOT NULL,
    provider text NOT NULL,
    purpose text NOT NULL,
    hour timestamp with time zone NOT NULL,
    requests integer NOT NULL DEFAULT 0,
    points integer NOT NULL DEFAULT 0,
    CONSTRAINT forge_spending_pkey PRIMARY KEY (credential, resource, provider, purpose, hour)
);

CREATE TABLE identity_accounts (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    issuer text NOT NULL,
    subject text NOT NULL,
    provider text NOT NULL,
    user_ref text NOT NULL,
    display_name text NOT NULL,
    created_at timestamp with time zone NOT NULL DEFAULT now(),
    signed_in_at timestamp with time zone NOT NULL DEFAULT now(),
    without_user boolean NOT NULL DEFAULT false,
    CONSTRAINT identity_accounts_pkey PRIMARY KEY (id),
    CONSTRAINT identity_accounts_issuer_subject_key UNIQUE (issuer, subject)
);
CREATE INDEX identity_accounts_user ON public.identity_accounts USING btree (user_ref);

CREATE TABLE identity_flows (
    digest bytea NOT NULL,
    browser bytea NOT NULL,
    provider text NOT NULL,
    return_to text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    opener text NOT NULL DEFAULT ''::text,
    network text NOT NULL DEFAULT ''::text,
    CONSTRAINT identity_flows_pkey PRIMARY KEY (digest)
);
CREATE INDEX identity_flows_expires ON public.identity_flows USING btree (expires_at);
CREATE INDEX identity_flows_network ON public.identity_flows USING btree (network);

CREATE TABLE identity_grants (
    digest bytea NOT NULL,
    account_id bigint NOT NULL,
    challenge text NOT NULL,
    name text NOT NULL,
    scopes text[] NOT NULL,
    age interval NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT identity_grants_pkey PRIMARY KEY (digest),
    CONSTRAINT identity_grants_account_id_fkey FOREIGN KEY (account_id) REFERENCES identity_accounts(id) ON DELETE CASCADE
);
CREATE INDEX identity_grants_expires ON public.identity_grants USING btree (expires_at);

CREATE TABLE identity_keys (
    kid text NOT NULL,
    private bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    signs_from timestamp with time zone NOT NULL,
    retires_at timestamp with time zone NOT NULL,
    CONSTRAINT identity_keys_pkey PRIMARY KEY (kid)
);

CREATE TABLE identity_pins (
    issuer text NOT NULL,
    user_ref text NOT NULL,
    subject text NOT NULL,
    pinned_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT identity_pins_pkey PRIMARY KEY (issuer, user_ref)
);

CREATE TABLE identity_sessions (
    digest bytea NOT NULL,
    account_id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL DEFAULT now(),
    seen_at timestamp with time zone NOT NULL DEFAULT now(),
    expires_at timestamp with time zone NOT NULL,
    user_agent text NOT NULL,
    address text NOT NULL,
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    CONSTRAINT identity_sessions_pkey PRIMARY KEY (digest),
    CONSTRAINT identity_sessions_account_id_fkey FOREIGN KEY (account_id) REFERENCES identity_accounts(id) ON DELETE CASCADE
);
CREATE INDEX identity_sessions_account ON public.identity_sessions USING btree (account_id);
CREATE INDEX identity_sessions_expires ON public.identity_sessions USING btree (expires_at);
CREATE UNIQUE INDEX identity_sessions_id ON public.identity_sessions USING btree (id);

CREATE TABLE identity_tokens (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    digest bytea NOT NULL,
    previous bytea,
    previous_until timestamp with time zone,
    previous_used_at timestamp with time zone,
    kind text NOT NULL,
    account_id bigint,
    name text NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamp with time zone NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    CONSTRAINT identity_tokens_pkey PRIMARY KEY (id),
    CONSTRAINT identity_tokens_digest_key UNIQUE (digest),
    CONSTRAINT identity_tokens_previous_key UNIQUE (previous),
    CONSTRAINT identity_tokens_account_id_fkey FOREIGN KEY (account_id) REFERENCES identity_accounts(id) ON DELETE CASCADE,
    CONSTRAINT identity_tokens_check CHECK (((kind = 'personal'::text) = (account_id IS NOT NULL))),
    CONSTRAINT identity_tokens_check1 CHECK (((previous IS NULL) = (previous_until IS NULL))),
    CONSTRAINT identity_tokens_kind_check CHECK ((kind = ANY (ARRAY['personal'::text, 'service'::text])))
);
CREATE INDEX identity_tokens_account ON public.identity_tokens USING btree (account_id);
CREATE UNIQUE INDEX identity_tokens_service ON public.identity_tokens USING btree (name) WHERE ((kind = 'service'::text) AND (revoked_at IS NULL));

CREATE TABLE owner_aliases (
    old_ref text NOT NULL,
    new_ref text NOT NULL,
    by text NOT NULL,
    at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT owner_aliases_pkey PRIMARY KEY (old_ref)
);

CREATE TABLE ownership_claims (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    ref text NOT NULL,
    owner_ref text NOT NULL,
    asked_ref text NOT NULL,
    reason text NOT NULL,
    state text NOT NULL,
    evidence json NOT NULL DEFAULT '[]'::json,
    digest text NOT NULL DEFAULT ''::text,
    proposed_by text NOT NULL,
    proposed_at timestamp with time zone NOT NULL DEFAULT now(),
    decided_by text NOT NULL DEFAULT ''::text,
    decided_at timestamp with time zone,
    note text NOT NULL DEFAULT ''::text,
    passed_to text NOT NULL DEFAULT ''::text,
    sets_owner boolean NOT NULL DEFAULT false,
    verify_until timestamp with time zone,
    CONSTRAINT ownership_claims_pkey PRIMARY KEY (id),
    CONSTRAINT ownership_claims_reason_check CHECK ((reason = ANY (ARRAY['proposed'::text, 'passed'::text, 'claimed'::text, 'verify'::text]))),
    CONSTRAINT ownership_claims_state_check CHECK ((state = ANY (ARRAY['open'::text, 'confirmed'::text, 'passed'::text, 'rejected'::text, 'withdrawn'::text])))
);
CREATE INDEX ownership_claims_asked ON public.ownership_claims USING btree (asked_ref) WHERE (state = 'open'::text);
CREATE UNIQUE INDEX ownership_claims_open ON public.ownership_claims USING btree (ref, owner_ref) WHERE (state = 'open'::text);
CREATE INDEX ownership_claims_ref ON public.ownership_claims USING btree (ref, id DESC);
CREATE INDEX ownership_claims_verify ON public.ownership_claims USING btree (verify_until) WHERE (state = 'confirmed'::text);

CREATE TABLE ownership_state (
    one boolean NOT NULL DEFAULT true,
    revision bigint NOT NULL DEFAULT 0,
    whole_at timestamp with time zone,
    aliases text NOT NULL DEFAULT ''::text,
    CONSTRAINT ownership_state_pkey PRIMARY KEY (one),
    CONSTRAINT ownership_state_one_check CHECK (one)
);

CREATE TABLE portico_meta (
    key text NOT NULL,
    value text NOT NULL,
    changed_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT portico_meta_pkey PRIMARY KEY (key)
);
COMMENT ON TABLE portico_meta IS 'facts about the installation as a whole';

CREATE TABLE portico_migrations (
    version integer NOT NULL,
    name text NOT NULL,
    digest text NOT NULL,
    applied_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT portico_migrations_pkey PRIMARY KEY (version)
);

CREATE TABLE secret_keys (
    id bigint NOT NULL,
    sealed bytea NOT NULL,
    operator_key text NOT NULL,
    created_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT secret_keys_pkey PRIMARY KEY (id)
);

CREATE TABLE setting_owners (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    user_ref text NOT NULL,
    account_id bigint NOT NULL DEFAULT 0,
    settings integer NOT NULL DEFAULT 0,
    bytes bigint NOT NULL DEFAULT 0,
    CONSTRAINT setting_owners_pkey PRIMARY KEY (id),
    CONSTRAINT setting_owners_user_ref_account_id_key UNIQUE (user_ref, account_id)
);

CREATE TABLE star_counts (
    entity_ref text NOT NULL,
    people integer NOT NULL,
    CONSTRAINT star_counts_pkey PRIMARY KEY (entity_ref)
);

CREATE TABLE user_settings (
    owner_id bigint NOT NULL,
    bucket text NOT NULL,
    key text NOT NULL,
    value json NOT NULL,
    updated_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT user_settings_pkey PRIMARY KEY (owner_id, bucket, key),
    CONSTRAINT user_settings_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES setting_owners(id) ON DELETE CASCADE
);
