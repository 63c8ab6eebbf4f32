-- What came and what settled in each minute that is over, counted once instead of at every look (store/minute-tallies.ts).
-- Nothing on the way of a delivery writes here: whoever takes a settled delivery back (a replay, a platform's correction)
-- has its minutes counted again.
create table minute_tallies (
  environment text not null,
  minute timestamptz not null,
  -- Grows whenever something counted is taken back: a count begun before that is not kept.
  version integer not null default 0,
  -- Null until counted, and again until counted anew. A text that is read whole: a week is ten thousand of them.
  counts json,
  -- When it is counted once more: half an hour later for what came late, and as long as orders of it are open.
  recount_at timestamptz,
  primary key (environment, minute)
);

-- Rejections of a window; by id alone every one there ever was would be looked at.
create index rejections_arrival on rejections (environment, received_at);

-- Circuit breakers that are not closed, as the workers that hold them said last. A closed one has no row.
create table breakers (
  environment text not null,
  destination text not null,
  -- Which lane it is of: each process has a breaker of its own.
  worker text not null,
  since timestamptz not null,
  -- When the rest is over and one request may try.
  rest_until timestamptz not null,
  primary key (environment, destination, worker)
);
