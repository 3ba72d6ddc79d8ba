-- How much of its budget each caller has used, over all processes of the API, which add to it every few seconds. Not logged: after a
-- crash every budget is whole again.
create unlogged table request_budgets (
  caller text primary key,                      -- the id of a key; `admin`
  used double precision not null,               -- when it was settled; it wears off since
  settled_at timestamptz not null
);
