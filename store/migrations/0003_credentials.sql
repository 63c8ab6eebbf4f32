-- Tokens that a destination's platform issued, sealed (core/vault.ts): nothing here can be used without the key, which
-- is in no table. One row for each destination of an environment.
create table credentials (
  environment text not null,
  destination text not null,
  -- Digest of the configured client and refresh token: what was issued to another connection is not used.
  connection text not null,
  -- Counts what was issued; 0 before the first.
  version integer not null default 0,
  key_id text,
  sealed bytea,
  expires_at timestamptz,
  -- One refresh at a time, whoever asks: its number, and until when its holder may take.
  refreshes integer not null default 0,
  lease_until timestamptz,
  -- A refresh was begun then and its answer never stored: the refresh token held here may have been replaced by it.
  lost_at timestamptz,
  primary key (environment, destination)
);

-- The latest estimates of how well events can be matched, for each destination.
create index deliveries_match on deliveries (environment, destination, settled_at)
  where settled_at is not null and decision ? 'match';

-- Requests that a platform took in and processes later: what it says then corrects the deliveries that were in them.
create table confirmations (
  environment text not null,
  destination text not null,
  -- The platform's id of the request.
  receipt text not null,
  delivery_ids bigint[] not null,
  taken_at timestamptz not null,
  -- When to ask next; while somebody asks, when another may.
  due_at timestamptz not null,
  asked integer not null default 0,
  primary key (environment, destination, receipt)
);
create index confirmations_due on confirmations (environment, destination, due_at);
