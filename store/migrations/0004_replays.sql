-- Sending again on purpose (design 3.8). A replay is worked off in pages, each in one transaction that moves `position`:
-- whatever interrupts it, it goes on where it stood and enqueues nothing twice.
create table replays (
  id bigint generated always as identity primary key,
  environment text not null,
  -- The caller's own name for this request: the same request again finds this row.
  idempotency_key text,
  selection jsonb not null,
  -- Label of the API key, and what its holder said of it.
  requested_by text not null,
  note text,
  state text not null default 'running' check (state in ('running', 'finished')),
  -- The last delivery looked at, and the last one there was when the replay was asked for.
  position bigint not null default 0,
  last_delivery_id bigint not null,
  created_at timestamptz not null,
  finished_at timestamptz
);
create unique index replays_idempotency on replays (environment, idempotency_key) where idempotency_key is not null;

-- One row for each delivery a replay looked at: what it was, why it was refused, or what became of it.
create table replay_deliveries (
  replay_id bigint not null references replays (id),
  delivery_id bigint not null,
  from_state text not null,
  from_reason text,
  -- Null: enqueued.
  refusal text,
  attempts_before integer not null,
  -- The platform recognises a repeat until then; later nothing is sent.
  repeat_until timestamptz,
  -- What the platform knows it by: sent again only as long as the mapping makes the same of it.
  repeat_identity text,
  enqueued_at timestamptz,
  outcome text,
  outcome_reason text,
  settled_at timestamptz,
  primary key (replay_id, delivery_id)
);
create index replay_deliveries_delivery on replay_deliveries (delivery_id);

-- The replay a delivery is under way for; null again once it is settled.
alter table deliveries add column replay_id bigint;

-- Dead letters are few among many.
create index deliveries_given_up on deliveries (environment, id) where state in ('dead', 'unknown');

-- The story of an event names every message that stated it again; there are few of them.
create index messages_duplicates on messages (environment, event_id) where outcome = 'duplicate';
