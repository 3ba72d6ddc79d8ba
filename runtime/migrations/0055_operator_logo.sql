-- The operator's logo, a JPEG: one, or none.
create table operator_logo (
  single boolean primary key default true check (single),
  image bytea not null
);
