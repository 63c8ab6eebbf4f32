-- What messages broke of the tracking plan, counted. A violation that every batch has would be one row that every batch
-- waits for: each is counted in several slots, and reading adds them up.
create table violations (
  environment text not null,
  event text not null,
  type text not null,
  field text not null,
  slot smallint not null,
  description text not null,
  count bigint not null,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  -- Ids of the latest messages, newest first.
  examples text[] not null,
  primary key (environment, event, type, field, slot)
);
