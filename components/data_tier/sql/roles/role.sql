-- For each consumer. Variables: role, password, connections (-1 for any number), access: writer, reader, monitor, or
-- granted, whose privileges are granted elsewhere.
SELECT format('CREATE ROLE %I LOGIN', :'role')
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec

-- A role that had more than it declares now loses it.
REVOKE pg_read_all_data, pg_write_all_data, pg_monitor FROM :"role";
REVOKE CREATE ON SCHEMA public FROM :"role";

ALTER ROLE :"role" WITH LOGIN PASSWORD :'password' CONNECTION LIMIT :connections;
GRANT groundwork TO :"role";
GRANT CONNECT, TEMPORARY ON DATABASE :"DBNAME" TO :"role";
GRANT USAGE ON SCHEMA public TO :"role";

SELECT format(grant_, :'role')
  FROM (VALUES
         ('writer', 'GRANT pg_read_all_data, pg_write_all_data TO %I'),
         ('writer', 'GRANT CREATE ON SCHEMA public TO %I'),
         ('reader', 'GRANT pg_read_all_data TO %I'),
         ('monitor', 'GRANT pg_monitor TO %I')
       ) AS given (access, grant_)
 WHERE access = :'access' \gexec
