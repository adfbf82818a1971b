"""Classes of database instances: which there are, their memory, and the connections that follow from it."""

from __future__ import annotations

from collections.abc import Mapping

GIB = 1024**3
_SIZES = (
    "large",
    "xlarge",
    "2xlarge",
    "4xlarge",
    "8xlarge",
    "12xlarge",
    "16xlarge",
    "24xlarge",
    "32xlarge",
    "48xlarge",
)
_LARGES = dict(zip(_SIZES, (1, 2, 4, 8, 16, 24, 32, 48, 64, 96), strict=True))
_SMALL = {"micro": 1, "small": 2, "medium": 4, "large": 8, "xlarge": 16, "2xlarge": 32}

# GiB of memory of a family's `large`, and its largest size.
# https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.DBInstanceClass.Summary.html
_FAMILIES: Mapping[str, tuple[int, str]] = {
    "r5": (16, "24xlarge"),
    "r6g": (16, "16xlarge"),
    "r6gd": (16, "16xlarge"),
    "r6i": (16, "32xlarge"),
    "r6id": (16, "32xlarge"),
    "r7g": (16, "16xlarge"),
    "r7i": (16, "48xlarge"),
    "r8g": (16, "48xlarge"),
    "x2g": (32, "16xlarge"),
    "m5": (8, "24xlarge"),
    "m6g": (8, "16xlarge"),
    "m6i": (8, "32xlarge"),
    "m7g": (8, "16xlarge"),
    "m7i": (8, "48xlarge"),
    "m8g": (8, "48xlarge"),
}
_OF_AURORA = ("r5", "r6g", "r6gd", "r6i", "r6id", "r7g", "r7i", "r8g", "x2g")
_BURSTS = ("t3", "t4g")
_FIRST_MAJOR = {"r8g": 14, "r7i": 13, "r6gd": 14, "r6id": 14}
_LAST_MAJOR = {"r5": 17, "t3": 17}

# DBInstanceClassMemory, which the default of max_connections is reckoned from, is what is left of the memory by the
# system and by RDS; measured ones are nine tenths and more of it.
# https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraPostgreSQL.Managing.html
_LEFT = 7 / 8
_BYTES_EACH, _MOST = 9531392, 5000


def _family(family: str) -> dict[str, int]:
    large, largest = _FAMILIES[family]
    sizes = _SIZES[: _SIZES.index(largest) + 1]
    return {f"db.{family}.{size}": large * _LARGES[size] for size in sizes}


def _bursting(sizes: tuple[str, ...]) -> dict[str, int]:
    return {f"db.{family}.{size}": _SMALL[size] for family in _BURSTS for size in sizes}


def offered(engine: str, major: int) -> dict[str, int]:
    """Return the classes that Aurora (``aurora``) or RDS (``rds``) offers for a major of PostgreSQL, and their GiB.

    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.DBInstanceClass.SupportAurora.html
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Support.html
    """
    bursting = _bursting(("medium", "large") if engine == "aurora" else tuple(_SMALL))
    families = _OF_AURORA if engine == "aurora" else tuple(_FAMILIES)
    found = {name: gib for family in families for name, gib in _family(family).items()} | bursting
    return {
        name: gib
        for name, gib in found.items()
        if _FIRST_MAJOR.get(name.split(".")[1], 0) <= major <= _LAST_MAJOR.get(name.split(".")[1], major)
    }


def max_connections(gib: int) -> int:
    """Return how many connections an instance takes by default, by its memory; rather too few than too many."""
    return min(int(gib * GIB * _LEFT) // _BYTES_EACH, _MOST)
