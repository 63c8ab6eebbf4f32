-- Signing secrets and API keys: what the console shows of them, and those that were made there (docs/keys.md).

-- One row for each secret an environment has had. One that stands in a variable is here by its fingerprint alone: how old
-- it is, what signs with it, whether it is accepted still.
create table signing_secrets (
  environment text not null,
  fingerprint text not null,
  source text not null check (source in ('environment', 'store')),
  -- The text of one that was made here, sealed (core/vault.ts); erased some time after it was retired.
  key_id text,
  sealed bytea,
  -- When it was made, or first seen in the variable.
  created_at timestamptz not null,
  created_by text,
  requests bigint not null default 0,
  last_used_at timestamptz,
  -- What the latest sender calls itself.
  last_used_by text,
  retired_at timestamptz,
  retired_by text,
  primary key (environment, fingerprint)
);

-- The key itself is nowhere: of one that was made here a digest is kept, of one in a variable how lately it was used.
create table api_keys (
  environment text not null,
  fingerprint text not null,
  source text not null check (source in ('environment', 'store')),
  name text,
  role text check (role in ('viewer', 'operator', 'admin')),
  key_digest bytea unique,
  created_at timestamptz not null,
  created_by text,
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  revoked_by text,
  primary key (environment, fingerprint),
  check (source = 'environment' or (name is not null and role is not null and key_digest is not null))
);

-- A session has a name that opens nothing, so that it can be listed and ended.
alter table sessions add column id bigint generated always as identity unique;

-- The log by what was done, by whom, and by age for its retention.
create index audit_log_action on audit_log (environment, action, id);
create index audit_log_actor on audit_log (environment, actor, id);
create index audit_log_age on audit_log (environment, at);

-- What the sweep of each kind did: the last time, and the last time it found something.
create table retention_runs (
  environment text not null,
  -- audit_log, sessions, memberships, retired_secrets.
  subject text not null,
  ran_at timestamptz not null,
  removed_at timestamptz,
  removed integer not null default 0,
  removed_in_all bigint not null default 0,
  primary key (environment, subject)
);
