"""The Protobuf form of the families: one message each, written from the contracts. Imports nothing beyond the reader: the build runs it."""

from collections.abc import Iterable
from textwrap import wrap

from expectations.contract import Column, Contract

HEADER = """\
// Bodies of events in Protobuf, one message per family. Written from expectations/contracts by the build: change a contract, not this.
syntax = "proto3";

package fleetlake.v1;
"""
SIGNAL = """
// One VSS signal of a report.
message Signal {
  // Number of the signal in signals.csv.
  optional uint32 signal = 1;
  // In the unit of signals.csv; a boolean is 0 or 1, a word is its place, from 0, in the list of allowed words.
  optional double value = 2;
}
"""
TYPES = {
    "string": "optional string",
    "boolean": "optional bool",
    "int": "optional int32",
    "bigint": "optional int64",
    "double": "optional double",
    "timestamp": "optional int64",
    "map<string,double>": "repeated Signal",
}


def proto_text(contracts: Iterable[Contract]) -> str:
    """The .proto file of all families among `contracts`, in their order."""
    return HEADER + SIGNAL + "".join(_message(contract) for contract in contracts if contract.topic)


def message_name(family: str) -> str:
    """remote_commands is RemoteCommands."""
    return "".join(part.capitalize() for part in family.split("_"))


def _message(contract: Contract) -> str:
    fields = "".join(_field(column) for column in contract.own_columns)
    return f"\n{_comment(contract.purpose, '')}message {message_name(contract.table)} {{\n{fields}}}\n"


def _field(column: Column) -> str:
    return f"{_comment(_said(column), '  ')}  {TYPES[column.physical_type]} {column.name} = {column.number};\n"


def _said(column: Column) -> str:
    """What a sender must know: meaning, unit, what is allowed."""
    unit = "microseconds since 1970-01-01 UTC" if column.physical_type == "timestamp" else column.unit
    bounds = f"{column.minimum} to {column.maximum}" if column.minimum is not None and column.maximum is not None else None
    facts = ("required" if column.required else None, unit, bounds, ", ".join(column.enum or ()) or column.pattern)
    said = "; ".join(fact for fact in facts if fact)
    return f"{column.description} [{said}]" if said else column.description


def _comment(text: str, indent: str) -> str:
    return "".join(f"{indent}// {line}\n" for line in wrap(text, 130, break_long_words=False, break_on_hyphens=False))
