"""What the engines' tools print, as they print it, and what follows from it."""

from __future__ import annotations

import pytest

from load.measured import NothingMeasured, kafka, postgres
from spec.load_test import LoadTest

SPEC = LoadTest(seconds=60)
# https://github.com/apache/kafka/blob/4.3.1/tools/src/main/java/org/apache/kafka/tools/ProducerPerformance.java
# https://github.com/apache/kafka/blob/4.3.1/tools/src/main/java/org/apache/kafka/tools/ConsumerPerformance.java
KAFKA = """\
Created topic load-test.
12502 records sent, 2499.9 records/sec (2.44 MB/sec), 4.1 ms avg latency, 401.0 ms max latency.
12505 records sent, 2500.5 records/sec (2.44 MB/sec), 1.6 ms avg latency, 28.0 ms max latency.
150000 records sent, 2499.6 records/sec (2.44 MB/sec), 1.93 ms avg latency, 401.00 ms max latency, \
2 ms 50th, 3 ms 95th, 12 ms 99th, 95 ms 99.9th.
start.time, end.time, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, rebalance.time.ms, fetch.time.ms, \
fetch.MB.sec, fetch.nMsg.sec
2026-11-21 08:40:01:112, 2026-11-21 08:40:05:310, 146.4844, 34.8938, 150000, 35731.3006, 3312, 886, 165.3322, 169300.2
"""
# https://www.postgresql.org/docs/current/pgbench.html
POSTGRES = """\
progress: 60.0 s, 1388.2 tps, lat 14.401 ms stddev 6.202, 0 failed
transaction type: <builtin: TPC-B (sort of)>
scaling factor: 10
query mode: simple
number of clients: 20
number of threads: 2
duration: 60 s
number of transactions actually processed: 83201
number of failed transactions: 0 (0.000%)
latency average = 14.420 ms
latency stddev = 6.611 ms
initial connection time = 41.221 ms
tps = 1386.935120 (without initial connection time)
"""


def test_kafka_s_numbers_are_those_of_the_whole_run() -> None:
    results = kafka(KAFKA, SPEC)
    assert [result.measured for result in results] == [2499.6, 12, 150000, 35731.3006]
    assert all(result.good for result in results)


def test_postgresql_s_numbers_are_those_of_the_whole_run() -> None:
    results = postgres(POSTGRES, SPEC)
    assert [result.measured for result in results] == [1386.93512, 0, 14.42]
    assert all(result.good for result in results)


@pytest.mark.parametrize(
    ("line", "instead", "what"),
    [
        ("150000 records sent, 2499.6", "150000 records sent, 2300.0", "Kafka: messages written"),
        ("12 ms 99th", "1200 ms 99th", "Kafka: time to write, 99th percentile"),
        ("34.8938, 150000,", "34.8938, 149999,", "Kafka: messages read back"),
        ("150000, 35731.3006", "150000, 2400.0", "Kafka: messages read"),
    ],
)
def test_a_number_of_kafka_s_that_is_not_enough_is_told(line: str, instead: str, what: str) -> None:
    assert line in KAFKA
    assert [result.what for result in kafka(KAFKA.replace(line, instead), SPEC) if not result.good] == [what]


@pytest.mark.parametrize(
    ("line", "instead", "what"),
    [
        ("tps = 1386", "tps = 986", "PostgreSQL: transactions"),
        ("failed transactions: 0", "failed transactions: 7", "PostgreSQL: failed transactions"),
        ("average = 14", "average = 1014", "PostgreSQL: average latency"),
    ],
)
def test_a_number_of_postgresql_s_that_is_not_enough_is_told(line: str, instead: str, what: str) -> None:
    assert [result.what for result in postgres(POSTGRES.replace(line, instead), SPEC) if not result.good] == [what]


def test_a_log_that_breaks_off_is_no_result() -> None:
    with pytest.raises(NothingMeasured, match="max latency"):
        kafka("\n".join(KAFKA.splitlines()[:3]), SPEC)


def test_a_result_says_by_how_much_it_misses() -> None:
    (rate, *_) = postgres(POSTGRES.replace("tps = 1386", "tps = 986"), SPEC)
    assert str(rate).split() == ["LOW", "PostgreSQL:", "transactions", "986.9", "a", "second", "expected", "≥", "1000"]
