-- The vendor renews it by itself, as somebody has set at its site: two sides that renew pay twice.
alter table license add column vendor_renews boolean not null default false;
