-- Users who hold a way into a portal; its second factor may have several.
alter table portal_access
  add column holder_user_id uuid references users,
  add column second_factor_user_ids uuid[] not null default '{}';
