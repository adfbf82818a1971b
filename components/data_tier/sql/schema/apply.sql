-- For each migration, in order. Variables: version, digest of its file, file.
SELECT count(*) = 0 AS pending, coalesce(bool_and(digest = :'digest'), true) AS same
  FROM groundwork.migrations
 WHERE version = :'version' \gset

\if :same
\else
SELECT pg_temp.refuse(format('%s was applied with other contents: restore it, and write another migration', :'version'));
\endif

\if :pending
\echo applying :version
\ir :file
INSERT INTO groundwork.migrations (version, digest) VALUES (:'version', :'digest');
\endif
