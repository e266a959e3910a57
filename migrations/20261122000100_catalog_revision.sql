-- Orders price from rows in memory, and ask in their own transaction whether these are the newest.

-- Goes up in the transaction that changes anything of the catalogue, so that whoever sees a change
-- sees another number: rows that were read at this number are the rows that there are.
create table catalog_revision (
    only_one boolean primary key default true check (only_one),
    revision bigint not null check (revision >= 0)
);
insert into catalog_revision (revision) values (0);

create or replace function catalog_changed() returns trigger language plpgsql as $$
begin
    update catalog_revision set revision = revision + 1;
    -- Delivered with the commit, and once however many rows a transaction changes.
    perform pg_notify('keystall_catalog', '');
    return null;
end $$;

create function catalog_revision_rises() returns trigger language plpgsql as $$
begin
    if tg_op <> 'UPDATE' or new.revision <= old.revision then
        raise exception 'the revision of the catalogue only rises' using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger catalog_revision_rises before update or delete on catalog_revision
    for each row execute function catalog_revision_rises();
