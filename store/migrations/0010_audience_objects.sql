-- Audiences that Segment created through the Action Destination, as it described them.
create table audience_objects (
  environment text not null,
  -- `tla_…`: the external id Segment keeps.
  id text not null,
  name text not null,
  computation_id text,
  computation_key text,
  space_id text,
  settings jsonb not null,
  created_at timestamptz not null,
  primary key (environment, id)
);
