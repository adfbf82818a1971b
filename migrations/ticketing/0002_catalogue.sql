-- What is on sale.

CREATE TABLE seat_layouts (
    id         uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    venue      text        NOT NULL,
    name       text        NOT NULL,
    plan       jsonb       NOT NULL,
    capacity   integer     NOT NULL CHECK (capacity > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (venue, name)
);
CREATE TRIGGER seat_layouts_touch BEFORE UPDATE ON seat_layouts FOR EACH ROW EXECUTE FUNCTION touch();

CREATE TABLE events (
    id             uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    organizer_id   uuid        NOT NULL REFERENCES users (id),
    seat_layout_id uuid        NOT NULL REFERENCES seat_layouts (id),
    title          text        NOT NULL,
    description    text        NOT NULL DEFAULT '',
    status         text        NOT NULL DEFAULT 'draft'
                               CHECK (status IN ('draft', 'announced', 'on_sale', 'sold_out', 'ended', 'cancelled')),
    sale_starts_at timestamptz NOT NULL,
    sale_ends_at   timestamptz NOT NULL,
    starts_at      timestamptz NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    CHECK (sale_starts_at < sale_ends_at),
    CHECK (sale_ends_at <= starts_at)
);
-- The list of what is to come, and what goes on sale next.
CREATE INDEX events_upcoming ON events (starts_at) WHERE status IN ('announced', 'on_sale', 'sold_out');
CREATE INDEX events_sale ON events (status, sale_starts_at);
CREATE INDEX events_organizer ON events (organizer_id);
CREATE INDEX events_seat_layout ON events (seat_layout_id);
CREATE TRIGGER events_touch BEFORE UPDATE ON events FOR EACH ROW EXECUTE FUNCTION touch();

CREATE TABLE ticket_types (
    id            uuid           PRIMARY KEY DEFAULT gen_random_uuid(),
    event_id      uuid           NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    name          text           NOT NULL,
    price         numeric(12, 2) NOT NULL CHECK (price >= 0),
    currency      char(3)        NOT NULL DEFAULT 'USD',
    max_per_order integer        NOT NULL DEFAULT 4 CHECK (max_per_order > 0),
    created_at    timestamptz    NOT NULL DEFAULT now(),
    updated_at    timestamptz    NOT NULL DEFAULT now(),
    UNIQUE (event_id, name)
);
CREATE TRIGGER ticket_types_touch BEFORE UPDATE ON ticket_types FOR EACH ROW EXECUTE FUNCTION touch();

-- A sale changes every seat several times in minutes: a fifth of each page is left for new versions of its rows, and what
-- they leave behind is cleaned up early. An index on a column that changes would keep those versions off the page, which
-- is why only seats that can still be had are in one.
CREATE TABLE seats (
    id             uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    event_id       uuid        NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    ticket_type_id uuid        NOT NULL REFERENCES ticket_types (id),
    section        text        NOT NULL,
    row_label      text        NOT NULL,
    seat_number    integer     NOT NULL CHECK (seat_number > 0),
    status         text        NOT NULL DEFAULT 'available'
                               CHECK (status IN ('available', 'held', 'sold', 'blocked')),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    UNIQUE (event_id, section, row_label, seat_number)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
-- Seats of one price that can be had, as SELECT ... FOR UPDATE SKIP LOCKED picks them.
CREATE INDEX seats_available ON seats (event_id, ticket_type_id, section, row_label, seat_number)
    WHERE status = 'available';
CREATE INDEX seats_ticket_type ON seats (ticket_type_id);
CREATE TRIGGER seats_touch BEFORE UPDATE ON seats FOR EACH ROW EXECUTE FUNCTION touch();
