-- Run by the owner of the tables, after `manage.py migrate`, where the product runs by a role of its own; here it is
-- called leadops_app. It reads events and adds seals; events it can add through the triggers alone, and it can change
-- nothing. Run it again after an upgrade.
DO $$
DECLARE
    found regclass;
BEGIN
    FOR found IN
        SELECT c.oid FROM pg_class c
        WHERE c.relkind IN ('r', 'p') AND c.relname LIKE 'leadops\_audit%' AND c.relnamespace = 'public'::regnamespace
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, leadops_app', found);
        EXECUTE format('GRANT SELECT ON %s TO leadops_app', found);
    END LOOP;
END $$;
GRANT INSERT ON leadops_auditseal TO leadops_app;
