-- Two people who edit one text: the second is told.
alter table plan add column version integer not null default 0 check (version >= 0);
alter table product_family add column version integer not null default 0 check (version >= 0);
-- A module that fits nothing cannot be bought by anybody.
alter table plan add constraint plan_module_fits_something check (fits is null or cardinality(fits) > 0);
