-- A module is ordered for a license that works and that nobody is about to delete: it goes with its license.
create function takes_modules(of_license uuid) returns boolean language sql stable as $$
    select exists (select from license l where l.id = of_license and l.status = 'active')
       and not exists (select from operation x
                        where x.license_id = of_license and x.kind = 'delete' and x.finished_at is null)
$$;
