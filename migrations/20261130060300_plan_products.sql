-- The product that a plan is an edition of: only from one edition to another does a vendor change a
-- license. The family is our own heading and says nothing about that.
alter table plan
    add column product text check (product = btrim(product) and length(product) between 1 and 60);

-- The editions of the documents' tables (seeds 000 and 001), for catalogues from before this column;
-- staff say the others.
update plan set product = case
        when upstream_plan_code in ('55227', '55228', '55229', '55230', '55231', '55232', '55233',
                                    '55234', '55235', '55239', '55240') then 'ispmanager 6'
        when upstream_plan_code in ('3541', '4601') then 'ISPmanager 5'
        when upstream_plan_code in ('5577', '5579') then 'BILLmanager 5'
        else 'DCImanager 5' end
 where dialect = 'soft'
   and upstream_plan_code in ('55227', '55228', '55229', '55230', '55231', '55232', '55233', '55234',
                              '55235', '55239', '55240', '3541', '4601', '5577', '5579', '3932',
                              '3934', '3936');
