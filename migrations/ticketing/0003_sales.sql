-- Who has which seat, and who has paid.

CREATE TABLE reservations (
    id         uuid           PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id    uuid           NOT NULL REFERENCES users (id),
    event_id   uuid           NOT NULL REFERENCES events (id),
    status     text           NOT NULL DEFAULT 'pending'
                              CHECK (status IN ('pending', 'confirmed', 'expired', 'cancelled')),
    total      numeric(12, 2) NOT NULL CHECK (total >= 0),
    expires_at timestamptz    NOT NULL,
    created_at timestamptz    NOT NULL DEFAULT now(),
    updated_at timestamptz    NOT NULL DEFAULT now()
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
-- Holds that have run out, as they are given back every few seconds.
CREATE INDEX reservations_expiry ON reservations (expires_at) WHERE status = 'pending';
CREATE INDEX reservations_user ON reservations (user_id, created_at DESC);
CREATE INDEX reservations_event ON reservations (event_id, status);
CREATE TRIGGER reservations_touch BEFORE UPDATE ON reservations FOR EACH ROW EXECUTE FUNCTION touch();

CREATE TABLE reservation_items (
    id             uuid           PRIMARY KEY DEFAULT gen_random_uuid(),
    reservation_id uuid           NOT NULL REFERENCES reservations (id) ON DELETE CASCADE,
    seat_id        uuid           NOT NULL REFERENCES seats (id),
    price          numeric(12, 2) NOT NULL CHECK (price >= 0),
    released_at    timestamptz,
    created_at     timestamptz    NOT NULL DEFAULT now()
);
-- Whatever a service gets wrong, nobody holds a seat that somebody else holds.
CREATE UNIQUE INDEX reservation_items_seat ON reservation_items (seat_id) WHERE released_at IS NULL;
CREATE INDEX reservation_items_reservation ON reservation_items (reservation_id);

CREATE TABLE payments (
    id              uuid           PRIMARY KEY DEFAULT gen_random_uuid(),
    reservation_id  uuid           NOT NULL REFERENCES reservations (id),
    amount          numeric(12, 2) NOT NULL CHECK (amount > 0),
    currency        char(3)        NOT NULL DEFAULT 'USD',
    provider        text           NOT NULL,
    provider_ref    text,
    idempotency_key text           NOT NULL UNIQUE,
    status          text           NOT NULL DEFAULT 'pending'
                                   CHECK (status IN ('pending', 'succeeded', 'failed', 'refunded')),
    created_at      timestamptz    NOT NULL DEFAULT now(),
    updated_at      timestamptz    NOT NULL DEFAULT now()
);
-- A reservation is paid for once; what the provider calls back about is found by its own name.
CREATE UNIQUE INDEX payments_paid_once ON payments (reservation_id) WHERE status = 'succeeded';
CREATE UNIQUE INDEX payments_provider_ref ON payments (provider, provider_ref) WHERE provider_ref IS NOT NULL;
CREATE INDEX payments_reservation ON payments (reservation_id);
CREATE INDEX payments_pending ON payments (created_at) WHERE status = 'pending';
CREATE TRIGGER payments_touch BEFORE UPDATE ON payments FOR EACH ROW EXECUTE FUNCTION touch();
