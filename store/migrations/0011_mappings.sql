-- The mapping table as people read it (core/mapping-description.ts), one for each version that a store had in force. json
-- keeps the order in which properties stand in the file.
create table mapping_tables (
  environment text not null,
  version text not null,
  description json not null,
  -- When a store first and last started with it.
  first_started_at timestamptz not null,
  last_started_at timestamptz not null,
  primary key (environment, version)
);

-- How many messages came under each mapping version, and under each event name that had no row, so that nobody counts
-- millions of messages to know. A version that every batch has would be one row that every batch waits for: each is
-- counted in several slots, and reading adds them up.
create table mapping_tallies (
  environment text not null,
  kind text not null check (kind in ('version', 'unmapped')),
  -- The version, or the name.
  name text not null,
  slot smallint not null,
  count bigint not null,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  -- Id of the latest message.
  example text not null,
  primary key (environment, kind, name, slot)
);

-- What came before the tallies. PostgreSQL refuses to take apart JSON with a NUL in it; of messages that stated a fact
-- again the version was not kept.
insert into mapping_tallies (environment, kind, name, slot, count, first_seen_at, last_seen_at, example)
select environment, 'version', version, 0, count(*), min(received_at), max(received_at),
       (array_agg(message_id order by received_at desc))[1]
from (
  select environment, received_at, message_id,
         case when position('\u0000' in canonical::text) = 0 then canonical ->> 'mapping_version' end as version
  from events where transition_id is null
) e
where version <> '' and length(version) <= 255
group by environment, version;

insert into mapping_tallies (environment, kind, name, slot, count, first_seen_at, last_seen_at, example)
select environment, 'unmapped', left(name, 200), 0, count(*), min(received_at), max(received_at),
       (array_agg(message_id order by received_at desc))[1]
from (
  select environment, received_at, message_id,
         case when position('\u0000' in raw::text) = 0 and json_typeof(raw -> 'event') = 'string'
                and lower(raw ->> 'type') = 'track' then raw ->> 'event' end as name
  from messages where outcome = 'unmapped'
) m
where name <> ''
group by environment, left(name, 200);
