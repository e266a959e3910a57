-- Families whose list at this vendor shows neither our reference nor a name. Inferred per vendor, so it
-- is a setting: no document says what lists of modules and of Plesk licenses show.
alter table upstream_account
    add column unmarked text[] not null default '{}'
        check (unmarked <@ '{soft,platform,softexternal,parallelslic,addition,software}'::text[]);
