-- For each consumer. Variables: role, password, access (writer or reader).
SELECT format('CREATE ROLE %I LOGIN', :'role')
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec

-- A role that was a writer and is a reader now loses what it had.
REVOKE pg_write_all_data FROM :"role";
REVOKE CREATE ON SCHEMA public FROM :"role";

ALTER ROLE :"role" WITH LOGIN PASSWORD :'password';
GRANT groundwork, pg_read_all_data TO :"role";
GRANT CONNECT, TEMPORARY ON DATABASE :"DBNAME" TO :"role";
GRANT USAGE ON SCHEMA public TO :"role";

SELECT format(grant_, :'role')
  FROM unnest(ARRAY['GRANT pg_write_all_data TO %I', 'GRANT CREATE ON SCHEMA public TO %I']) AS grant_
 WHERE :'access' = 'writer' \gexec
