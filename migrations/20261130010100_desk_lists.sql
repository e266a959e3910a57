-- The rest of the lists: what a page of each is found and continued by.

-- A unique number behind each row, as every list needs one to be continued from.
alter table customer_group add column number bigint generated always as identity unique;
alter table app_user add column number bigint generated always as identity unique;

-- The journal: newest first or by price, all of it or one customer's. Within one state only the rare
-- ones need an index of their own: most operations are confirmed, so that those are found by the
-- index of all. The same holds for purchases by time; by price they stand together and far from
-- everything else.
create index operation_by_time on operation (created_at, number);
create index operation_by_price on operation (price, number);
create index operation_unusual_by_time on operation (state, created_at, number)
    where state <> 'confirmed';
create index operation_unusual_by_price on operation (state, price, number)
    where state <> 'confirmed';
create index operation_change_by_time on operation (kind, created_at, number) where kind <> 'order';
create index operation_by_kind_and_price on operation (kind, price, number);
create index operation_of_customer_by_time on operation (customer_id, created_at, number);
create index operation_of_customer_by_price on operation (customer_id, price, number);
-- As before, with the number that a page is continued by.
drop index operation_of_license;
create index operation_of_license on operation (license_id, created_at, number);
