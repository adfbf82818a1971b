-- Who may do what, by the services' own roles; run each time, after everything was taken away. A service that is not there
-- yet has no role to grant to. Of people, a password's hash is for who checks passwords alone, and `role` and `status` for
-- who administers: nobody makes himself an administrator by signing up.
SELECT format('GRANT %s ON %s TO %I', privileges, tables, role)
  FROM (VALUES
         ('auth',        'SELECT, INSERT (id, email, password_hash, display_name), '
                         'UPDATE (email, password_hash, display_name)', 'users'),
         ('auth',        'INSERT',                 'audit_log'),
         ('event',       'SELECT',                 'events, seat_layouts, seats, ticket_types'),
         ('reservation', 'SELECT (id, email, display_name, status)', 'users'),
         ('reservation', 'SELECT',                 'events, seat_layouts, ticket_types, payments'),
         ('reservation', 'SELECT, UPDATE',         'seats'),
         ('reservation', 'SELECT, INSERT, UPDATE', 'reservations, reservation_items'),
         ('reservation', 'INSERT',                 'audit_log'),
         ('payment',     'SELECT (id, email, display_name, status)', 'users'),
         ('payment',     'SELECT',                 'reservation_items'),
         ('payment',     'SELECT, UPDATE',         'reservations'),
         ('payment',     'SELECT, INSERT, UPDATE', 'payments'),
         ('payment',     'INSERT',                 'audit_log'),
         ('admin',       'SELECT (id, email, display_name, role, status, created_at, updated_at), '
                         'UPDATE (display_name, role, status)', 'users'),
         ('admin',       'SELECT, INSERT, UPDATE, DELETE', 'events, seat_layouts, seats, ticket_types'),
         ('admin',       'SELECT',                 'reservations, reservation_items, payments'),
         ('admin',       'SELECT, INSERT',         'audit_log')
       ) AS given (role, privileges, tables)
  JOIN pg_roles ON rolname = role \gexec
