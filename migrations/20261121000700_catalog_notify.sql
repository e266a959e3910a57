-- Every server keeps the finished shelf in memory; whatever changes it tells them so.

create function catalog_changed() returns trigger language plpgsql as $$
begin
    -- Delivered with the commit, and once however many rows a transaction changes.
    perform pg_notify('keystall_catalog', '');
    return null;
end $$;

-- All tables that `portal::catalog` reads for the shelf; one that joins them needs a trigger too.
create trigger catalog_changed after insert or update or delete or truncate on product_family
    for each statement execute function catalog_changed();
create trigger catalog_changed after insert or update or delete or truncate on plan
    for each statement execute function catalog_changed();
create trigger catalog_changed after insert or update or delete or truncate on plan_period
    for each statement execute function catalog_changed();
create trigger catalog_changed after insert or update or delete or truncate on plan_addon
    for each statement execute function catalog_changed();
create trigger catalog_changed after insert or update or delete or truncate on addon_cost
    for each statement execute function catalog_changed();
create trigger catalog_changed after insert or update or delete or truncate on upstream_account
    for each statement execute function catalog_changed();
create trigger catalog_changed after insert or update or delete or truncate on pricelist_version
    for each statement execute function catalog_changed();
