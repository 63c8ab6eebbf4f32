-- What people do about deliveries that wait, and what they are told of consent.

-- Until when a claim holds; null while nobody has the delivery in hand. `due_at` stands at the same instant, but a
-- statement of consent moves it: who takes a delivery back must know whether it may be on its way.
alter table deliveries add column claimed_until timestamptz;

-- What consent came to when the delivery was settled (store/consent-decisions.ts). Null where nobody has to be asked, and
-- for what was settled before this column was there: to read it out of every decision would rewrite the ledger.
alter table deliveries add column consent_decision text;
-- Counted over a window like states are, from one index: each more would cost every delivery that is settled.
drop index deliveries_settled;
create index deliveries_settled on deliveries (environment, settled_at) include (destination, state, consent_decision)
  where settled_at is not null;

-- What is held, the one that waits least first; counted by destination and reason from the index alone.
create index deliveries_held on deliveries (environment, due_at, id) include (destination, reason) where state = 'held';

-- A message that turned a yes into a no. `consents` keeps the latest answers only, so this is where it is known.
create table revocations (
  id bigint generated always as identity primary key,
  environment text not null,
  profile_id bigint not null,
  categories text[] not null,
  stated_at timestamptz not null,
  received_at timestamptz not null,
  message_id text not null
);
create index revocations_environment on revocations (environment, id);
