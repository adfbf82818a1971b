-- Once, before any migration. Run by psql as the master user, in one transaction; a run waits for another to end.
SET client_min_messages = warning;
SELECT pg_advisory_xact_lock(hashtext('groundwork.migrations')) \g /dev/null

CREATE SCHEMA IF NOT EXISTS groundwork;
CREATE TABLE IF NOT EXISTS groundwork.migrations (
    version    text        PRIMARY KEY,
    digest     text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION pg_temp.refuse(message text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING MESSAGE = message;
END $$;
