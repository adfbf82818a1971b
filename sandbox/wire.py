"""Properties to and from protobuf, with Pulumi's signatures for what JSON has no word for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from google.protobuf.struct_pb2 import Struct, Value

from sandbox.emulator import UNKNOWN, Properties, Secret

# https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/sig/sig.go
SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"
OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
ASSET: Final = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"
UNKNOWN_ID: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def unpack(struct: Struct) -> Properties:
    """A message's properties: secrets and output values unwrapped, unknowns as UNKNOWN, whole floats as ints."""
    return {key: _unpack(value) for key, value in struct.fields.items()}


def _unpack(value: Value) -> Any:
    match value.WhichOneof("kind"):
        case "string_value":
            return UNKNOWN if value.string_value == UNKNOWN_ID else value.string_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "bool_value":
            return value.bool_value
        case "list_value":
            return [_unpack(item) for item in value.list_value.values]
        case "struct_value":
            return unwrap(unpack(value.struct_value))
    return None


def unwrap(value: Properties) -> Any:
    """What a secret or an output value holds; any other mapping as it is."""
    signature = value.get(SIGNATURE)
    if signature == SECRET:
        return value.get("value")
    return value.get("value", UNKNOWN) if signature == OUTPUT else value


def sealed(properties: Any, message: Value) -> Any:
    """Properties with a Secret wherever a message has one at the same place."""
    if message.WhichOneof("kind") == "list_value" and isinstance(properties, list):
        given = message.list_value.values
        return [sealed(item, given[at]) if at < len(given) else item for at, item in enumerate(properties)]
    if message.WhichOneof("kind") != "struct_value" or isinstance(properties, Secret) or properties is None:
        return properties
    fields = message.struct_value.fields
    if SIGNATURE in fields and fields[SIGNATURE].string_value == SECRET:
        return Secret(properties)
    if isinstance(properties, Mapping):
        return {key: sealed(item, fields[key]) if key in fields else item for key, item in properties.items()}
    return properties


def pack(properties: Mapping[str, Any]) -> Struct:
    """The reverse of `unpack`; a Secret is wrapped again."""
    struct = Struct()
    struct.update({key: plain(value) for key, value in properties.items()})
    return struct


def plain(value: Any) -> Any:
    """A value with signatures in the place of UNKNOWN and Secret."""
    if value is UNKNOWN:
        return UNKNOWN_ID
    if isinstance(value, Secret):
        return {SIGNATURE: SECRET, "value": plain(value.value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    return value
