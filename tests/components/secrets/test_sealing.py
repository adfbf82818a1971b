"""What is sealed can be read by the owner of the key, under the same label, and by nobody else."""

from __future__ import annotations

import pytest

from components.secrets.sealing import seal
from tests.components.secrets.pair import certificate, unseal

KEY = b"k" * 32


@pytest.mark.parametrize("value", ["hunter2", "", "päss\nwört", "x" * 5000])
def test_the_controller_reads_what_was_sealed(value: str) -> None:
    assert unseal("shop", seal(certificate(), KEY, "shop", value)) == value


def test_it_is_bound_to_its_namespace() -> None:
    with pytest.raises(ValueError, match="Decryption failed"):
        unseal("other", seal(certificate(), KEY, "shop", "hunter2"))


def test_the_same_secret_is_sealed_to_the_same_text() -> None:
    assert seal(certificate(), KEY, "shop", "hunter2") == seal(certificate(), KEY, "shop", "hunter2")


def test_another_secret_namespace_or_key_makes_all_of_it_another() -> None:
    sealed = [
        seal(certificate(), KEY, "shop", "hunter2"),
        seal(certificate(), KEY, "shop", "hunter3"),
        seal(certificate(), KEY, "shops", "hunter2"),
        seal(certificate(), b"l" * 32, "shop", "hunter2"),
    ]
    assert len({text[:300] for text in sealed}) == len({text[-20:] for text in sealed}) == 4
