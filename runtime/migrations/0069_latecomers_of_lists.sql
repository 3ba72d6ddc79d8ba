-- Who was added or changed while a list of the excluded was being taken is seen by neither: they are held against it once more.
create table exclusion_latecomers (
  list_id uuid primary key references exclusion_lists,
  screened_at timestamptz not null default now()
);
