-- Undoing merges, and audiences over time.

-- From here on, what a message brings (the message, its event and conversion, identifiers, traits, statements of membership)
-- is kept with the profile whose own identifiers the message names, not with the one that was merged into: a merge is a
-- pointer, and undoing it gives each what is its own. Of merges before, nobody can tell what came for whom.
alter table merges add column is_separable boolean not null default false;
-- The profiles that the evidence itself names; null: those that merged.
alter table merges add column own_from_profile_id bigint;
alter table merges add column own_into_profile_id bigint;
alter table merges add column undone_at timestamptz;
alter table merges add column undone_by text;

-- How often somebody was separated from it. Ingestion reads the row anyway: above 0 it looks into kept_apart before it
-- merges, and a batch that saw another number than it holds begins anew.
alter table profiles add column separations integer not null default 0;

-- Not to be merged again by a rule: the evidence that an undone merge stood on.
create table kept_apart (
  environment text not null,
  profile_id bigint not null,
  other_profile_id bigint not null,
  rule text not null,
  merge_id bigint not null,
  primary key (profile_id, other_profile_id, rule)
);
create index kept_apart_other on kept_apart (other_profile_id);

-- Whose statement it is by its own evidence, where that is not the profile it counts for. Null: the same.
alter table membership_statements add column own_profile_id bigint;

alter table membership_transitions drop constraint membership_transitions_reason_check;
alter table membership_transitions add constraint membership_transitions_reason_check
  check (reason in ('stated', 'expired', 'deleted', 'merged', 'consent', 'repaired', 'separated'));

-- Who came and went, an hour at a time, counted once the hour is over (store/audience-sizes.ts).
create table membership_tallies (
  environment text not null,
  audience_id bigint not null,
  hour timestamptz not null,
  entered integer not null,
  exited integer not null,
  primary key (environment, audience_id, hour)
);
create index membership_transitions_logged on membership_transitions (environment, audience_id, logged_at)
  include (direction, reason);
