-- Two thirds of the identifiers of a shop are ids, and each id stood in two unique indexes. One index says both rules: an id
-- belongs to one profile, an address or a number to every profile that gave it, once.
create unique index identifiers_holder on identifiers
  (environment, type, value, (case when type in ('user_id', 'anonymous_id') then 0 else profile_id end));
drop index identifiers_owner;
alter table identifiers drop constraint identifiers_pkey;

-- Written in the transaction that has just found or made the profile, as everything else that refers to one.
alter table consents drop constraint consents_profile_id_fkey;

-- JSON text that the store itself has written, and that is read whole nearly always: json would check each again as it is
-- stored, a twentieth of what PostgreSQL spends on an event. The tables are written anew, and locked for as long.
alter table messages alter column raw type text using raw::text;
alter table events alter column canonical type text using canonical::text;
alter table attempts alter column request type text using request::text;
