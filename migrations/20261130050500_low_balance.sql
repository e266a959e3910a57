-- Since when the staff know that our money at the vendor is below the threshold: they are told once, and
-- again after it was enough in between.
alter table upstream_account add column low_told_at timestamptz;
