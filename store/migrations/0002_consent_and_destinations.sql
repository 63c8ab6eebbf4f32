-- What people said about each consent category, latest statement by the time it was made, with its evidence.
create table consents (
  environment text not null,
  profile_id bigint not null references profiles (id),
  category text not null,
  granted boolean not null,
  stated_at timestamptz not null,
  message_id text not null,
  primary key (profile_id, category)
);

-- An answer about consent, and a merge, look for what waits on a person.
create index events_profile on events (profile_id) where profile_id is not null;

-- Why a delivery was sent, held or filtered: the consent evidence and the mapping that was used.
alter table deliveries add column decision jsonb;

-- Whether a destination is switched on, by people or by a credential that stopped working.
create table destination_states (
  environment text not null,
  destination text not null,
  is_paused boolean not null,
  reason text,
  changed_at timestamptz not null,
  primary key (environment, destination)
);
