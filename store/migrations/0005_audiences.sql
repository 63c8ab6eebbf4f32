-- Membership is state (design 3.9): what Segment stated, in a log; what follows from it, one row for each audience and
-- member; and every change of that, as a transition with an event of its own in the ledger.
--
-- A subject is who a statement is about: `p:` and the profile's id, or, where a message names nobody by user or anonymous
-- id, the identifier itself, e.g. `email:jane@example.com`, which stays unresolved.

-- One row for each computation: an audience that was made anew under an old key is another one.
create table audiences (
  id bigint generated always as identity primary key,
  environment text not null,
  -- The computation id; without one `key:` or `external:` and what the message names.
  identity text not null,
  computation_id text,
  key text,
  name text,
  class text not null,
  space_id text,
  external_audience_id text,
  -- Earliest instant for which anything was stated: of several with one key the youngest is meant.
  first_computed_at timestamptz not null,
  created_at timestamptz not null,
  unique (environment, identity)
);
create index audiences_key on audiences (environment, key);

create table membership_statements (
  environment text not null,
  audience_id bigint not null,
  subject text collate "C" not null,
  computed_at timestamptz not null,
  is_member boolean not null,
  message_id text not null,
  profile_id bigint,
  -- Null for what Segment stated; `deleted` for a person who asked to be forgotten.
  reason text,
  primary key (environment, audience_id, subject, computed_at, is_member, message_id)
);
create index membership_statements_profile on membership_statements (profile_id)
  where profile_id is not null;

create table memberships (
  -- For paging: a subject may be somebody's address.
  id bigint generated always as identity,
  environment text not null,
  audience_id bigint not null,
  subject text collate "C" not null,
  profile_id bigint,
  is_member boolean not null,
  -- The first entry after the last exit; null outside.
  since timestamptz,
  -- Of the statement that decides, an exit included: the tombstone that late messages meet.
  computed_at timestamptz not null,
  message_id text not null,
  -- Why somebody is no member: exited, expired, deleted.
  reason text,
  primary key (environment, audience_id, subject)
);
create index memberships_inside on memberships (environment, audience_id, id) where is_member;
create index memberships_age on memberships (environment, audience_id, computed_at) where is_member;
create index memberships_profile on memberships (profile_id) where profile_id is not null;

create table membership_transitions (
  id bigint generated always as identity primary key,
  environment text not null,
  audience_id bigint not null,
  subject text collate "C" not null,
  profile_id bigint,
  direction text not null check (direction in ('entered', 'exited')),
  reason text not null check (reason in ('stated', 'expired', 'deleted', 'merged')),
  computed_at timestamptz not null,
  event_id text not null,
  message_id text not null,
  logged_at timestamptz not null,
  unique (environment, event_id)
);
create index membership_transitions_subject on membership_transitions (environment, audience_id, subject, id);

-- Null for events that a message stated; a transition's event is owed to the destinations of its audience alone.
alter table events add column transition_id bigint;
create index events_transition on events (transition_id) where transition_id is not null;
create index membership_transitions_audience on membership_transitions (environment, audience_id, id);
create index membership_transitions_message on membership_transitions (environment, message_id);
