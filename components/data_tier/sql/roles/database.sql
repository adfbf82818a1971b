-- For each consumer with a database of its own, after all roles. Variables: role, database. The role owns it, nobody else
-- gets in, and the role gets in nowhere else. A database is made outside of any transaction: what came before it is kept
-- where this fails, and the whole is safe to run again.
REVOKE ALL ON SCHEMA public FROM :"role";
REVOKE ALL ON DATABASE :"DBNAME" FROM :"role";
COMMIT;

SELECT format('CREATE DATABASE %I', :'database')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec

BEGIN;
-- Only a member of a role may hand a database to it.
GRANT :"role" TO current_user;
ALTER DATABASE :"database" OWNER TO :"role";
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
