"""The emulated AWS account: moto in this process, what it lacks as records, and how both outlive the process."""

from __future__ import annotations

import importlib
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import dill
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from moto import mock_aws
from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.model_instances import reset_model_data
from moto.iam.models import AWSManagedPolicy
from moto.s3.models import s3_backends
from moto.ssm.models import ParameterDict

from sandbox import account as saved
from sandbox.aws import missing

ID = missing.ACCOUNT


class Account:
    """The one account of this process: moto keeps its backends in globals, so a new Account empties them."""

    def __init__(self) -> None:
        _reset()
        self.records = _RECORDS
        """What moto has no API for, by kind and key; answered through boto3 by `sandbox.aws.missing`."""
        self.noted: dict[str, Any] = {}
        """By type and id: the inputs a resource was last given and what AWS answered then (to see drift)."""

    def client(self, service: str, region: str) -> Any:
        """A boto3 client of this account."""
        return _client(service, region)

    def dump(self) -> bytes:
        """Every backend of moto that holds something, and the records, in one pickle so that identity survives."""
        backends = {
            _address(backend): vars(backend)
            for service in list(BackendDict._instances)  # type: ignore
            for account in list(service.values())
            for backend in list(account.values())
            if backend.partition == _PARTITION
        }
        target = io.BytesIO()
        _Pickler(target, recurse=True).dump({"moto": backends, "records": self.records, "noted": self.noted})
        return target.getvalue()

    def load(self, dump: bytes) -> None:
        """Replace what the account holds with what `dump` returned, perhaps in another process."""
        _reset()
        content = _Unpickler(io.BytesIO(dump)).load()
        for address, state in content["moto"].items():
            vars(_backend(address)).update(state)
        for mine, theirs in ((self.records, content["records"]), (self.noted, content["noted"])):
            mine.clear()
            mine.update(theirs)


@contextmanager
def open(path: str | Path) -> Iterator[Account]:
    """Yield what a stack's account file (`.sandbox/<stack>/account.pickle`) has of AWS; nothing is written back.

    Ask it by `client(service, region)`, as with boto3. It takes the place of any other account in this process. It is
    empty where there is no file, or nothing of AWS in it. Raises Corrupt for a file that cannot be read.
    """
    account = Account()
    if (snapshot := saved.Account.load(Path(path)).snapshots.get("aws")) is not None:
        account.load(snapshot)
    yield account


_PARTITION = "aws"
"""The one that has something in it: moto makes IAM for China and GovCloud too when it looks for a user."""
_RECORDS: missing.Records = {}
_RLOCK = type(threading.RLock())


def _reset() -> None:
    """Empty the account. Moto is started once a process: clients made before it would reach the network."""
    _session()
    for service in BackendDict._instances:  # type: ignore[misc]  # type: ignore
        for account in service.values():
            account.clear()
        service.clear()
    BackendDict._instances.clear()  # type: ignore[misc]  # type: ignore
    # Names of buckets are the world's, and moto keeps whose they are beside the backends.
    s3_backends.bucket_accounts.clear()
    reset_model_data()
    _RECORDS.clear()


@cache
def _session() -> boto3.Session:
    config = {"core": {"reset_boto3_session": False}, "iam": {"load_aws_managed_policies": True}}
    mock_aws(config=config).start()  # type: ignore[arg-type]
    session = boto3.Session("sandbox", "sandbox", botocore_session=botocore.session.Session())
    missing.answer(session, _RECORDS)
    return session


@cache
def _client(service: str, region: str) -> Any:
    """Making a client takes up to 0.3 s, so each is made once a process."""
    return _session().client(service, region_name=region)


def _address(backend: BaseBackend) -> tuple[str, str, str]:
    return type(backend).__module__, backend.account_id, backend.region_name


def _backend(address: tuple[str, str, str]) -> BaseBackend:
    """The backend of a service, account and region in this process, made if it is not there."""
    module, account, region = address
    owners = (v for v in vars(importlib.import_module(module)).values() if isinstance(v, BackendDict))
    owner = next(o for o in owners if o.backend.__module__ == module)
    return owner[account][region if region in owner[account].regions else _PARTITION]


def _key(pem: bytes) -> Any:
    return serialization.load_pem_private_key(pem, None)


def _certificate(pem: bytes) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem)


def _parameters(account: str, region: str, state: dict[str, Any], items: dict[str, Any]) -> ParameterDict:
    parameters = ParameterDict(account, region)
    vars(parameters).update(state)
    dict.update(parameters, items)
    return parameters


class _Pickler(dill.Pickler):
    """Refers to backends by address (they are referred to from everywhere), keeps keys and certificates as PEM.

    Of the 24 MB of policies that AWS manages it keeps the names, and how often each is attached.
    """

    def persistent_id(self, obj: Any) -> Any:
        if isinstance(obj, BaseBackend):
            return _address(obj)
        return (obj.arn, obj.attachment_count) if isinstance(obj, AWSManagedPolicy) else None

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey)):
            plain = serialization.NoEncryption()
            pem = obj.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
            return _key, (pem,)
        if isinstance(obj, x509.Certificate):
            return _certificate, (obj.public_bytes(serialization.Encoding.PEM),)
        if isinstance(obj, _RLOCK):
            # dill would bring back a lock that is held by nobody, and so for ever.
            return threading.RLock, ()
        if isinstance(obj, ParameterDict):
            return _parameters, (obj.account_id, obj.region_name, vars(obj), dict(obj))
        return NotImplemented


class _Unpickler(dill.Unpickler):
    def persistent_load(self, pid: Any) -> Any:
        if len(pid) == 3:
            return _backend(pid)
        arn, attached = pid
        policy = self._managed[arn]
        policy.attachment_count = attached
        return policy

    @cached_property
    def _managed(self) -> dict[str, AWSManagedPolicy]:
        iam: Any = _backend(("moto.iam.models", missing.ACCOUNT, _PARTITION))
        return {policy.arn: policy for policy in iam.aws_managed_policies}
