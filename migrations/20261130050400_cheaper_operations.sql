-- Whoever writes an order's operation may say the order's number and customer; that they are the
-- order's is looked at with the rest.
create or replace function operation_of_order() returns trigger language plpgsql as $$
begin
    if new.order_id is null then
        new.order_number := null;
        select customer_id into strict new.customer_id from license where id = new.license_id;
    elsif tg_op = 'UPDATE' or new.order_number is null or new.customer_id is null then
        select number, customer_id into new.order_number, new.customer_id
          from customer_order where id = new.order_id;
        if not found then
            raise exception 'operation %: there is no such order', new.number
                using errcode = 'foreign_key_violation', table = 'operation',
                      constraint = 'operation_order_id_fkey';
        end if;
    end if;
    return new;
end $$;
create or replace function operation_points_somewhere() returns trigger language plpgsql as $$
begin
    if new.order_id is not null and not exists (
            select from customer_order where id = new.order_id and number = new.order_number
               and customer_id = new.customer_id) then
        raise exception 'operation %: it is not of that order', new.number
            using errcode = 'foreign_key_violation', table = 'operation',
                  constraint = 'operation_order_id_fkey';
    end if;
    if not exists (select from upstream_account where id = new.upstream_account_id)
       or (new.hold_id is not null
           and not exists (select from ledger_transfer where id = new.hold_id)) then
        raise exception 'operation %: there is no such vendor account or hold', new.number
            using errcode = 'foreign_key_violation', table = 'operation',
                  constraint = 'operation_points_somewhere';
    end if;
    return null;
end $$;
drop trigger operation_points_somewhere on operation;
create trigger operation_points_somewhere
    after insert or update of upstream_account_id, hold_id, order_id, order_number, customer_id
    on operation for each row execute function operation_points_somewhere();

-- Every index is opened and locked by every order, used or not. What is in review or parked is found by
-- operation_unusual_by_time, what is open of a license by operation_of_license, and one customer's orders
-- in a state by operation_of_customer_by_time.
drop index operation_in_review, operation_parked, operation_open_of_license,
    operation_of_customer_by_state, operation_of_customer_by_state_and_price;
