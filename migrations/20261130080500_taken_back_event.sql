-- taken_back: the vendor took the term back, and what it had cost went back to the wallet.
create or replace function operation_event_is_known(event text) returns boolean
    language plpgsql immutable parallel safe as $$
begin
    return event in ('planned', 'sent', 'not_sent', 'refused', 'unclear', 'absent', 'resend',
        'confirmed', 'key', 'rejected', 'review', 'found', 'cancelled', 'already', 'decided',
        'item', 'short', 'parked', 'resumed', 'taken_back');
end $$;
