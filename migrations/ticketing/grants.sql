-- Who may do what, by the services' own roles; run each time, after everything was taken away. A service that is not there
-- yet has no role to grant to.
SELECT format('GRANT %s ON %s TO %I', privileges, tables, role)
  FROM (VALUES
         ('auth',        'SELECT',                 'users'),
         ('event',       'SELECT',                 'events, seat_layouts, seats, ticket_types'),
         ('reservation', 'SELECT',                 'users, events, seat_layouts, ticket_types, payments'),
         ('reservation', 'SELECT, UPDATE',         'seats'),
         ('reservation', 'SELECT, INSERT, UPDATE', 'reservations, reservation_items'),
         ('reservation', 'INSERT',                 'audit_log'),
         ('payment',     'SELECT',                 'users, reservation_items'),
         ('payment',     'SELECT, UPDATE',         'reservations'),
         ('payment',     'SELECT, INSERT, UPDATE', 'payments'),
         ('payment',     'INSERT',                 'audit_log'),
         ('admin',       'SELECT',                 'users, events, seat_layouts, seats, ticket_types, reservations, '
                                                   'reservation_items, payments, audit_log')
       ) AS given (role, privileges, tables)
  JOIN pg_roles ON rolname = role \gexec
