-- What was sent is read whole or not at all: as text that is checked, not as a tree that is built for each attempt. The table
-- is written anew, and locked for as long.
alter table attempts alter column request type json using request::json;
