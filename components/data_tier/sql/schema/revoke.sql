-- Once, after all migrations and before grants.sql: what that does not say, no consumer may.
SELECT format(revoke_, member.rolname)
  FROM pg_auth_members AS membership
  JOIN pg_roles AS member ON member.oid = membership.member
  JOIN pg_roles AS consumers ON consumers.oid = membership.roleid,
       unnest(ARRAY[
         'REVOKE ALL ON ALL TABLES IN SCHEMA public FROM %I',
         'REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM %I'
       ]) AS revoke_
 WHERE consumers.rolname = 'groundwork'
   AND member.rolname <> current_user \gexec
