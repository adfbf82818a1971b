"""What a sale of tickets is about, by metrics that the services of a ticketing platform export."""

from __future__ import annotations

from components.observability.dashboards.model import RATE, Dashboard, Lines, Number

_PAYMENTS = f"rate(ticketing_payments_total[{RATE}])"
_FAILED = f'rate(ticketing_payments_total{{result="failed"}}[{RATE}])'
_RESERVATIONS = f"rate(ticketing_reservations_total[{RATE}])"

TICKETING = Dashboard(
    uid="ticketing",
    title="Business: ticketing",
    description="Who waits, who gets a reservation, and who pays.",
    rows={
        "Now": [
            Number("Waiting", "short", "sum(ticketing_queue_waiting)", alarming=100_000),
            Number("Reservations", "ops", f"sum({_RESERVATIONS})"),
            Number("Payments", "ops", f"sum({_PAYMENTS})"),
            Number("Failed payments", "percent", f"100 * sum({_FAILED}) / sum({_PAYMENTS})", alarming=5),
        ],
        "Sale": [
            Lines("People who wait", "short", {"waiting": "sum(ticketing_queue_waiting)"}),
            Lines("Reservations", "ops", {"reservations": f"sum({_RESERVATIONS})"}),
            Lines("Payments", "ops", {"{{result}}": f"sum by (result) ({_PAYMENTS})"}, stacked=True),
            Lines("Failed payments", "percent", {"failed": f"100 * sum({_FAILED}) / sum({_PAYMENTS})"}),
            Lines(
                "From reservation to payment",
                "percent",
                {"paid": f'100 * sum(rate(ticketing_payments_total{{result="paid"}}[{RATE}])) / sum({_RESERVATIONS})'},
            ),
        ],
    },
)
