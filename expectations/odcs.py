"""Reads contracts out of Open Data Contract Standard files (v3.1), and refuses what it does not understand: a constraint that is
misspelt would otherwise be one that nobody keeps."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from expectations.contract import Check, Column, Contract
from fleetlake.console import Failure

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C is several times faster, and every worker reads
BODY_TYPES = ("string", "boolean", "int", "bigint", "double", "timestamp", "map<string,double>")
LOGICAL = {  # the standard's word for each of Spark's
    "string": "string",
    "boolean": "boolean",
    "int": "integer",
    "bigint": "integer",
    "double": "number",
    "decimal(38,18)": "number",
    "date": "date",
    "timestamp": "timestamp",
    "binary": "string",
    "map<string,double>": "object",
    "array<struct<name:string,value:binary>>": "array",
}
NUMBERS = ("int", "bigint", "double", "decimal(38,18)")
ATTRIBUTES = {
    *("name", "logicalType", "physicalType", "required", "description", "logicalTypeOptions", "quality", "customProperties"),
    *("classification", "tags", "primaryKey", "primaryKeyPosition", "partitioned", "partitionKeyPosition"),
}
SUFFIX = ".odcs.yaml"
RESERVED_FIELDS = range(19_000, 20_000)  # Protobuf keeps these for itself
LAST_FIELD = 2**29 - 1


@dataclass(frozen=True)
class _File:
    """One parsed file: its contract and how it is joined with others."""

    contract: Contract
    blocks: tuple[tuple[Column, ...], ...]
    carries: str | None


def read_folder(folder: Path) -> tuple[Contract, ...]:
    """All contracts under `folder`, by id, shared columns merged in; raises Failure with file and column."""
    files = {file.contract.id: file for file in map(_read, sorted(folder.rglob("*" + SUFFIX)))}
    if not files:
        raise Failure(f"{folder} holds no contract", "contracts are called <layer>/<table>.odcs.yaml")
    return tuple(_whole(file, files) for file in files.values())


def _whole(file: _File, files: Mapping[str, _File]) -> Contract:
    """A family's columns stand within the envelope; a table that carries another has that one's columns behind its own."""
    own = file.contract
    if own.topic:
        envelope = _named("silver.envelope", own, files)
        head, tail = envelope.blocks
        return _joined(own, (*head, *own.columns, *tail), envelope.contract, own.columns)
    if file.carries:
        carried = _named(file.carries, own, files).contract
        return _joined(own, (*own.columns, *carried.columns), carried, own.columns)
    return own


def _joined(own: Contract, columns: tuple[Column, ...], other: Contract, own_columns: tuple[Column, ...]) -> Contract:
    _unique((column.name for column in columns), own.path, f"is a column of {other.id} too", "call it something else")
    key, partition_by = own.key or other.key, own.partition_by or other.partition_by
    return Contract(**{**vars(own), "columns": columns, "own_columns": own_columns, "key": key, "partition_by": partition_by})


def _named(id: str, by: Contract, files: Mapping[str, _File]) -> _File:
    if id not in files:
        raise Failure(f"{by.path.name} needs the columns of {id}, which is not there", f"add {id.replace('.', '/')}.odcs.yaml")
    return files[id]


def _read(path: Path) -> _File:
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506 - both loaders are safe ones
        return _file(document, path)
    except yaml.YAMLError as error:
        raise Failure(f"{path} is not YAML: {error}", "correct it") from error
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise Failure(f"{path} is not a contract: {type(error).__name__} {error}", "compare it with another contract beside it") from error


def _file(document: Mapping[str, Any], path: Path) -> _File:
    custom = _custom(document, path, {"topic", "carries"})
    properties = [each for block in document["schema"] for each in block["properties"]]
    blocks = tuple(tuple(_column(each, path) for each in block["properties"]) for block in document["schema"])
    columns = tuple(column for block in blocks for column in block)
    contract = Contract(
        id=document["id"],
        layer=path.parent.name,
        table=path.name.removesuffix(SUFFIX),
        version=str(document["version"]),
        purpose=" ".join(document["description"]["purpose"].split()),
        columns=columns,
        own_columns=columns,
        checks=tuple(_check(each, path) for block in document["schema"] for each in block.get("quality", ())),
        key=_placed(properties, "primaryKey", "primaryKeyPosition"),
        partition_by=_placed(properties, "partitioned", "partitionKeyPosition"),
        topic=custom.get("topic"),
        path=path,
    )
    _expect(document.get("kind") == "DataContract", path, "is not of kind DataContract", "write kind: DataContract")
    _sound(contract)
    return _File(contract, blocks, custom.get("carries"))


def _sound(contract: Contract) -> None:
    path, place = contract.path, f"{contract.layer}.{contract.table}"
    _expect(contract.id == place, path, f"says id: {contract.id}", f"file and folder make it {place}")
    _expect(bool(re.fullmatch(r"\d+\.\d+\.\d+", contract.version)), path, f"has version {contract.version}", "write major.minor.patch")
    _expect("One row per" in contract.purpose, path, "does not say what a row is", "end the purpose with: One row per …")
    _unique((column.name for column in contract.columns), path, "is there twice", "a column has one meaning")
    if contract.topic:
        _expect(
            contract.topic == f"fleet.{contract.table}",
            path,
            f"names the topic {contract.topic}",
            f"it is fleet.{contract.table}: family and topic share a name",
        )
        _numbers(contract.columns, path)


def _column(property: Mapping[str, Any], path: Path) -> Column:
    name = property.get("name")
    _expect(bool(name), path, f"has a column without a name: {dict(property)}", "name it")
    where = f"{path}, column {name}:"
    _known(property, ATTRIBUTES, where)
    type, description = property.get("physicalType"), property.get("description")
    _expect(bool(type), where, "has no physicalType", f"it is one of {', '.join(LOGICAL)}")
    _expect(type in LOGICAL, where, f"has the unknown physicalType {type}", f"it is one of {', '.join(LOGICAL)}")
    logical = property.get("logicalType", LOGICAL[str(type)])
    _expect(
        logical == LOGICAL[str(type)], where, f"is a {type} and has the logicalType {logical}", f"write logicalType: {LOGICAL[str(type)]}"
    )
    _expect(bool(description), where, "has no description", "say what its name cannot")
    options = property.get("logicalTypeOptions", {})
    _known(options, {"minimum", "maximum", "pattern"}, where)
    custom = _custom(property, where, {"number", "unit", "signal"})
    column = Column(
        name=str(name),
        physical_type=str(type),
        required=property.get("required", False),
        description=" ".join(str(description).split()),
        unit=custom.get("unit"),
        minimum=options.get("minimum"),
        maximum=options.get("maximum"),
        enum=_enum(property, where),
        pattern=options.get("pattern"),
        number=custom.get("number"),
        personal=property.get("classification") == "personal",
        signal=custom.get("signal"),
        is_filter="filter" in property.get("tags", ()),
    )
    _consistent(column, where)
    return column


def _consistent(column: Column, where: str) -> None:
    ranged = column.minimum is not None or column.maximum is not None
    worded = column.enum is not None or column.pattern is not None
    _expect(not ranged or column.physical_type in NUMBERS, where, f"has a range, but is a {column.physical_type}", "ranges are for numbers")
    _expect(
        not worded or column.physical_type == "string",
        where,
        f"has words or a pattern, but is a {column.physical_type}",
        "these are for strings",
    )
    if column.minimum is not None and column.maximum is not None:
        _expect(column.minimum <= column.maximum, where, "has a minimum above its maximum", "exchange them")
    _expect(
        not (column.personal and column.is_filter),
        where,
        "is personal and has the tag filter",
        "file statistics would show personal values",
    )
    if column.pattern is not None:
        _expect(column.pattern.startswith("^") and column.pattern.endswith("$"), where, "has a pattern that is open at an end", "write ^…$")
        try:
            re.compile(column.pattern)
        except re.error as error:
            raise Failure(f"{where} has a pattern that is none: {error}", "correct it") from error


def _enum(property: Mapping[str, Any], where: str) -> tuple[str, ...] | None:
    """Allowed values: the standard's library metric `invalidValues`, none of which may be there."""
    rules = property.get("quality", ())
    if not rules:
        return None
    read = len(rules) == 1 and rules[0].get("metric") == "invalidValues" and rules[0].get("mustBe") == 0
    _expect(
        read,
        where,
        "has quality that is not read",
        "a column may have one metric invalidValues, mustBe: 0; other rules belong to the table",
    )
    values = rules[0]["arguments"]["validValues"]
    words = bool(values) and all(isinstance(value, str) for value in values)
    _expect(words, where, f"allows {values}", "list strings; YAML takes ON, OFF, yes and no for booleans unless quoted")
    _unique(values, where, "is allowed twice", "once is enough")
    return tuple(values)


def _check(quality: Mapping[str, Any], path: Path) -> Check:
    custom = quality.get("type") == "custom" and quality.get("engine") == "fleetlake"
    whole = all(quality.get(part) for part in ("name", "description", "implementation"))
    remedy = "it needs type: custom, engine: fleetlake, name, description and implementation"
    _expect(custom and whole, path, f"has a check that is not read: {dict(quality)}", remedy)
    return Check(quality["name"], " ".join(quality["implementation"].split()), quality["description"])


def _numbers(columns: Iterable[Column], path: Path) -> None:
    seen: dict[int, str] = {}
    for column in columns:
        where, number = f"{path}, column {column.name}:", column.number
        carried = column.physical_type in BODY_TYPES
        _expect(carried, where, f"is a {column.physical_type}, which no body carries", f"it is one of {', '.join(BODY_TYPES)}")
        if type(number) is not int:
            raise Failure(f"{where} has no Protobuf number", "add customProperties: [{property: number, value: N}]")
        free = 1 <= number <= LAST_FIELD and number not in RESERVED_FIELDS
        _expect(free, where, f"has the number {number}", "Protobuf has 1 to 18999 and from 20000 on")
        _expect(number not in seen, where, f"has the number {number}, which is that of {seen.get(number)}", "a number is never used twice")
        seen[number] = column.name


def _placed(properties: Iterable[Mapping[str, Any]], flag: str, position: str) -> tuple[str, ...]:
    return tuple(each["name"] for each in sorted((each for each in properties if each.get(flag)), key=lambda each: int(each[position])))


def _custom(holder: Mapping[str, Any], where: object, known: set[str]) -> dict[str, Any]:
    found = {each["property"]: each["value"] for each in holder.get("customProperties", ())}
    _known(found, known, where)
    return found


def _known(found: Iterable[str], known: set[str], where: object) -> None:
    for name in found:
        _expect(name in known, where, f"has {name}, which is not read", f"it may have {', '.join(sorted(known))}")


def _unique(names: Iterable[str], where: object, what: str, remedy: str) -> None:
    for name, count in Counter(names).items():
        _expect(count == 1, where, f"{name} {what}", remedy)


def _expect(holds: bool, where: object, what: str, remedy: str) -> None:
    if not holds:
        raise Failure(f"{where} {what}", remedy)
