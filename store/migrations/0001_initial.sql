-- The environment is the first part of every key: nothing of one environment can be reached from another.

-- Every message as received. `receipts` counts how often Segment delivered it.
create table messages (
  environment text not null,
  message_id text not null,
  seq bigint generated always as identity,
  kind text not null
    check (kind in ('event', 'profile', 'audience', 'group', 'alias', 'delete', 'unmapped')),
  outcome text not null check (outcome in ('accepted', 'duplicate', 'unmapped')),
  event_id text,
  profile_id bigint,
  receipts integer not null default 1,
  received_at timestamptz not null,
  warnings jsonb,
  raw json not null,
  primary key (environment, message_id)
);
create unique index messages_seq on messages (environment, seq);

-- Messages that can never be accepted, with the reason; Segment shows the same reason in Event Delivery.
create table rejections (
  id bigint generated always as identity primary key,
  environment text not null,
  message_id text,
  reason text not null,
  received_at timestamptz not null,
  raw text not null
);
create index rejections_environment on rejections (environment, id);

create table profiles (
  id bigint generated always as identity primary key,
  environment text not null,
  user_id text,
  merged_into bigint references profiles (id),
  created_at timestamptz not null
);
create index profiles_merged_into on profiles (merged_into) where merged_into is not null;

-- Each link keeps its evidence. user_id and anonymous_id belong to one profile; email and phone only support matching.
create table identifiers (
  environment text not null,
  type text not null check (type in ('user_id', 'anonymous_id', 'email', 'phone')),
  value text not null,
  profile_id bigint not null references profiles (id),
  message_id text not null,
  rule text not null,
  linked_at timestamptz not null,
  primary key (environment, type, value, profile_id)
);
create unique index identifiers_owner on identifiers (environment, type, value)
  where type in ('user_id', 'anonymous_id');
create index identifiers_profile on identifiers (profile_id);

create table merges (
  id bigint generated always as identity primary key,
  environment text not null,
  from_profile_id bigint not null references profiles (id),
  into_profile_id bigint not null references profiles (id),
  message_id text not null,
  rule text not null,
  merged_at timestamptz not null
);
create index merges_into on merges (into_profile_id);

-- The latest value of each trait by the time it was stated, so that late and repeated messages converge.
create table profile_traits (
  environment text not null,
  profile_id bigint not null references profiles (id),
  name text not null,
  value jsonb not null,
  stated_at timestamptz not null,
  message_id text not null,
  primary key (profile_id, name)
);

-- One row for each fact: the first message that stated it. Both unique indexes hold for ever, not for a window.
create table events (
  id bigint generated always as identity primary key,
  environment text not null,
  name text not null,
  event_id text not null,
  dedup_key text,
  message_id text not null,
  profile_id bigint,
  occurred_at timestamptz,
  received_at timestamptz not null,
  canonical jsonb not null
);
create unique index events_event_id on events (environment, event_id, name);
create unique index events_dedup_key on events (environment, name, dedup_key) where dedup_key is not null;
create index events_message on events (environment, message_id);

-- The ledger: one row for each (event, destination), at every moment in exactly one state.
create table deliveries (
  id bigint generated always as identity primary key,
  environment text not null,
  destination text not null,
  event_id bigint not null references events (id),
  state text not null default 'pending'
    check (state in ('pending', 'held', 'retrying', 'delivered', 'filtered', 'dead', 'unknown')),
  reason text,
  -- Attempts begun. One that ended with its worker has a number and no row in attempts.
  attempts integer not null default 0,
  -- When the next attempt is due; while one is under way, when another worker may take it to have failed.
  due_at timestamptz not null,
  settled_at timestamptz,
  unique (event_id, destination)
);
create index deliveries_due on deliveries (environment, destination, due_at)
  where state in ('pending', 'retrying');

create table attempts (
  delivery_id bigint not null references deliveries (id),
  number integer not null,
  started_at timestamptz not null,
  duration_ms integer not null,
  status integer,
  error text,
  request jsonb not null,
  response text,
  primary key (delivery_id, number)
);
