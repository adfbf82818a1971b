"""A bill, and the difference of two, as text."""

from __future__ import annotations

from collections.abc import Iterator

from cost.model import Bill


def text(title: str, bill: Bill, *, lines: bool = True) -> str:
    """Return a bill for a terminal: groups with their sums and, under each, the lines with their multiplication."""
    if bill.prices is None:
        return f"{title}: nothing in it is billed by a cloud\n"
    rows = [f"{title}: {dollars(bill.monthly)} a month, {dollars(bill.fixed)} of it whether it is used or not"]
    rows.append(
        f"prices of {bill.prices.region} as of {bill.prices.as_of}, on demand; assumptions of use in cost/usage.yaml"
    )
    for group, amount in bill.groups().items():
        rows += ["", f"{group:<60}{dollars(amount):>12}"]
        if lines:
            own = sorted((line for line in bill.lines if line.group == group), key=lambda line: -line.monthly)
            rows += [f"  {line.resource:<30} {line.what:<45} {dollars(line.monthly):>10}" for line in own]
    rows += ["", *(f"not counted: {each}" for each in bill.unpriced)]
    return "\n".join(rows).rstrip() + "\n"


def difference(before: Bill, after: Bill) -> str:
    """Return in Markdown what a change does to the bill: one line, one for each group that changes, and one for each
    resource without a price that comes or changes.
    """
    if before.prices is None and after.prices is None:
        return "nothing in it is billed by a cloud"
    change = after.monthly - before.monthly
    prices = after.prices or before.prices
    as_of = f" (list prices of {prices.region}, {prices.as_of})" if prices else ""
    if abs(change) < 0.005:
        said = f"{dollars(after.monthly)} a month as before{as_of}"
    else:
        more = f"**{dollars(abs(change))} {'more' if change > 0 else 'less'}**"
        said = f"{more} a month: {dollars(before.monthly)} → {dollars(after.monthly)}{as_of}"
    uncounted = [f"not counted: `{each}`" for each in after.unpriced if each not in before.unpriced]
    return "<br>".join([said, *_changed(before, after), *uncounted])


def _changed(before: Bill, after: Bill) -> Iterator[str]:
    old, new = before.groups(), after.groups()
    for group in sorted(old.keys() | new.keys(), key=lambda each: -abs(new.get(each, 0) - old.get(each, 0))):
        change = new.get(group, 0) - old.get(group, 0)
        if abs(change) >= 0.005:
            yield f"{group}: {'+' if change > 0 else '−'}{dollars(abs(change))}"


def dollars(amount: float) -> str:
    """``$1,234.50``."""
    return f"${amount:,.2f}"
