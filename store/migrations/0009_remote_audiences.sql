-- The audience that a platform keeps for one of ours: made once, whoever comes first, and remembered.
create table remote_audiences (
  environment text not null,
  destination text not null,
  audience_id bigint not null,
  -- What it is called at the platform.
  name text not null,
  -- Null until it is made.
  external_id text,
  -- making: a process holds the lease; waiting: making it failed and is tried again at due_at; ready; paused: gone or
  -- blocked at the platform, or stopped by hand, until somebody resumes it.
  state text not null check (state in ('making', 'waiting', 'ready', 'paused')),
  reason text,
  attempts integer not null default 0,
  -- When the lease of `making` runs out, or when `waiting` is tried again.
  due_at timestamptz,
  changed_at timestamptz not null,
  primary key (environment, destination, audience_id)
);

-- Told anew: after somebody changed their mind about consent, or because an audit found them missing or left over.
alter table membership_transitions drop constraint membership_transitions_reason_check;
alter table membership_transitions add constraint membership_transitions_reason_check
  check (reason in ('stated', 'expired', 'deleted', 'merged', 'consent', 'repaired'));
