"""Build hook: writes fleetlake/wire/events.proto from the contracts, compiles it, and puts the table of signals beside it."""

import hashlib
import shutil
import sys
from pathlib import Path
from typing import Any

from grpc_tools import protoc
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WireFormat(BuildHookInterface):  # type: ignore[type-arg]
    """Runs before every build, editable ones too; the reader of contracts needs only pyyaml and rich."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Makes the three files that are built; raises RuntimeError where protoc refuses the text."""
        root = Path(self.root)
        sys.path.insert(0, self.root)
        from expectations.contract import HOME
        from expectations.odcs import read_folder
        from expectations.protobuf import proto_text

        wire = root / "fleetlake" / "wire"
        proto = wire / "events.proto"
        proto.write_text(proto_text(read_folder(HOME)), encoding="utf-8")
        if protoc.main(["protoc", f"--proto_path={root}", f"--python_out={root}", str(proto.relative_to(root))]):
            raise RuntimeError(f"protoc refuses {proto}")
        with (wire / "events_pb2.py").open("a", encoding="utf-8") as compiled:
            compiled.write(f'COMPILED_FROM = "{hashlib.sha256(proto.read_bytes()).hexdigest()}"\n')
        shutil.copyfile(root / "expectations" / "signals.csv", wire / "signals.csv")
