-- "Is there an order of this customer for this plan and address that lives?" is asked by every
-- order; without this all orders of the customer would be read.
create index customer_order_for_ip on customer_order (customer_id, plan_id, ip);
