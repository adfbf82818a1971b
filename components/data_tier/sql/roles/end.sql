-- Once, after all roles. Variable: roles, separated by commas. Who is no longer a consumer can no longer log in; what
-- the role owns stays.
SELECT format('ALTER ROLE %I NOLOGIN', member.rolname)
  FROM pg_auth_members AS membership
  JOIN pg_roles AS member ON member.oid = membership.member
  JOIN pg_roles AS consumers ON consumers.oid = membership.roleid
 WHERE consumers.rolname = 'groundwork'
   AND member.rolname <> current_user
   AND member.rolname <> ALL (string_to_array(:'roles', ',')) \gexec
