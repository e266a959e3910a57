-- The rest of the lists: what a page of each is found and continued by.

-- A unique number behind each row, as every list needs one to be continued from.
alter table customer_group add column number bigint generated always as identity unique;
alter table app_user add column number bigint generated always as identity unique;

-- The journal, newest first: all of it or one customer's. Within one state only the rare ones need an
-- index of their own: most operations are confirmed, so that those are found by the index of all.
create index operation_by_time on operation (created_at, number);
create index operation_unusual_by_time on operation (state, created_at, number)
    where state <> 'confirmed';
create index operation_change_by_time on operation (kind, created_at, number) where kind <> 'order';
create index operation_of_customer_by_time on operation (customer_id, created_at, number);
-- As before, with the number that a page is continued by.
drop index operation_of_license;
create index operation_of_license on operation (license_id, created_at, number);
