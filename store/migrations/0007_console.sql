-- What people look at (issue: console): lists that page and search, sign-in, and who saw or changed what.

-- Newest first, a page at a time, and counted by outcome without a look at the messages themselves. The key is monotonic:
-- an insert writes at the right edge of the tree.
create index messages_arrival on messages (environment, received_at, message_id) include (outcome);
-- Everything somebody sent, and what was not accepted: few rows among many.
create index messages_profile on messages (profile_id, received_at, message_id) where profile_id is not null;
create index messages_outcome on messages (environment, outcome, received_at, message_id) where outcome <> 'accepted';
-- The story of an event names every message that stated it again; there are few of them.
create index if not exists messages_duplicates on messages (environment, event_id) where outcome = 'duplicate';

-- The order an event is about, whatever its dedup key is made of: a refund names its order too.
alter table events add column order_id text;
update events set order_id = dedup_key where name = 'purchase';
create index events_order on events (environment, order_id) where order_id is not null;
create index events_name on events (environment, name, received_at, message_id);

-- Where events are stuck. What was delivered or filtered is most of the ledger and is found by its events.
create index deliveries_stuck on deliveries (environment, state, event_id)
  where state in ('held', 'retrying', 'dead', 'unknown');
-- Settled in some window, counted from the index alone. BRIN was set aside: rows are settled by updates, which fill what
-- older rows have left, so that after a while every range of blocks holds every time.
create index deliveries_settled on deliveries (environment, settled_at) include (destination, state)
  where settled_at is not null;

-- A link that signs one person in, once. Tokens are kept as digests: what is here opens nothing.
create table sign_in_links (
  token_digest bytea primary key,
  environment text not null,
  actor text not null,
  role text not null check (role in ('viewer', 'operator', 'admin')),
  expires_at timestamptz not null
);

create table sessions (
  token_digest bytea primary key,
  environment text not null,
  actor text not null,
  role text not null check (role in ('viewer', 'operator', 'admin')),
  -- Digest of the API key that was offered: a key that is taken away ends its sessions. Null for a link.
  key_digest bytea,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index sessions_expiry on sessions (expires_at);

-- Who did what and who saw personal data. Nothing is changed or removed here but by retention.
create table audit_log (
  id bigint generated always as identity primary key,
  environment text not null,
  at timestamptz not null,
  actor text not null,
  role text not null,
  -- e.g. session.created, personal_data.shown, destination.paused.
  action text not null,
  -- What it was done to, e.g. `message msg_1`; null when there is nothing.
  target text
);
create index audit_log_environment on audit_log (environment, id);
