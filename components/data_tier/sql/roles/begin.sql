-- Once, before any role. Run by psql as the master user; safe to run again.
REVOKE ALL ON DATABASE :"DBNAME" FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

-- Marks the roles that belong to consumers; it grants nothing.
SELECT 'CREATE ROLE groundwork NOLOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'groundwork') \gexec
