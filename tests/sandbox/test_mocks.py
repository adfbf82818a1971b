"""The emulators under `set_mocks`, as tests of whole stacks and the writer of GitOps repositories use them."""

from __future__ import annotations

import pulumi
import pulumi_random as random
import pulumi_tls as tls
import pytest

from sandbox.mocks import EmulatedMocks
from sandbox.wire import SECRET


def run(program, *, preview: bool = False):
    """Run a program on mocks; return them and what the program returned, resolved."""
    mocks, found = EmulatedMocks(preview), {}

    @pulumi.runtime.test
    def go():
        pulumi.runtime.set_mocks(mocks, preview=preview)
        outputs = program()
        return pulumi.Output.all(**outputs).apply(lambda values: found.update(values)) if outputs else None

    go()
    return mocks, found


def test_outputs_are_those_of_the_emulator():
    def program():
        key = tls.PrivateKey("key", algorithm="ED25519")
        return {"openssh": key.public_key_openssh}

    assert run(program)[1]["openssh"].startswith("ssh-ed25519 ")


def test_secret_outputs_arrive_secret_where_they_are_used():
    def program():
        password = random.RandomPassword("password", length=8)
        random.RandomPet("pet", keepers={"of": password.result})

    mocks, _ = run(program)
    pet = next(args for args in mocks.registered if args.typ.endswith("RandomPet"))
    assert SECRET in str(pet.inputs["keepers"])


def test_nothing_is_known_in_a_preview():
    def program():
        return {"result": random.RandomPassword("password", length=8).result}

    assert run(program, preview=True)[1] == {}


def test_what_the_cloud_would_not_take_fails_the_program():
    def program():
        random.RandomPassword("password", length=2, min_lower=3)

    with pytest.raises(Exception, match="sum of the minima"):
        run(program)
