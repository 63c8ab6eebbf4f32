-- What events are worth, or take back, taken out of the canonical event when it is stored: counting revenue reads a few
-- narrow rows instead of a million documents. Money is numeric, as exact as it was sent.
create table conversions (
  environment text not null,
  event_id bigint not null,
  name text not null,
  -- `part` takes back as much as its value says, `whole` all that there was.
  kind text not null check (kind in ('conversion', 'part', 'whole')),
  -- The fact it is about, its own or the one taken back: canonical name and dedup key.
  of_name text not null,
  of_key text,
  -- As the event came; people are found through merged_into.
  profile_id bigint,
  -- When it occurred; when it arrived, if the message does not say.
  happened_at timestamptz not null,
  value numeric,
  currency text,
  primary key (environment, event_id)
);
create index conversions_happened on conversions (environment, happened_at) where kind = 'conversion';
create index conversions_of on conversions (environment, of_name, of_key) where of_key is not null;
create index conversions_profile on conversions (profile_id) where profile_id is not null;

-- What was stored before, by the names and keys that mappings/events.yaml shipped with. A canonical event with a NUL in
-- it cannot be read inside PostgreSQL and is left out.
insert into conversions (environment, event_id, name, kind, of_name, of_key, profile_id, happened_at, value, currency)
select e.environment, e.id, e.name,
       case when e.name = 'cancel_order' or (e.name = 'refund' and x.value is null) then 'whole'
            when e.name = 'refund' then 'part' else 'conversion' end,
       case when e.name in ('refund', 'cancel_order') then 'purchase' else e.name end,
       case when e.name in ('refund', 'cancel_order')
            then coalesce(x.properties ->> 'order_id', 'checkout:' || (x.properties ->> 'checkout_id'))
            else e.dedup_key end,
       e.profile_id, coalesce(e.occurred_at, e.received_at),
       case when e.name in ('refund', 'cancel_order') then abs(x.value) else x.value end, upper(x.properties ->> 'currency')
from events e
cross join lateral (select e.canonical -> 'properties' as properties) p
cross join lateral (
  select p.properties,
         case when json_typeof(p.properties -> 'value') = 'number' then (p.properties ->> 'value')::numeric end as value) x
where e.name in ('purchase', 'lead', 'sign_up', 'create_account', 'start_trial', 'subscribe', 'refund', 'cancel_order')
  and position('\u0000' in e.canonical::text) = 0;

-- What a message that goes back to Segment says beyond its event (who, in which audiences, of which order), written
-- before it is sent for the first time: every attempt says the same, whatever has become known since.
create table return_facts (
  environment text not null,
  delivery_id bigint not null,
  frozen_at timestamptz not null,
  facts jsonb not null,
  primary key (environment, delivery_id)
);
