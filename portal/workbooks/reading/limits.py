"""What a workbook may cost. The defaults suit a roster of a large university."""

from dataclasses import asdict, dataclass
from typing import Any

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds on one file and on the process that reads it; sizes in bytes, times in seconds."""

    packed_bytes: int = 64 * MIB
    unpacked_bytes: int = 1024 * MIB
    part_bytes: int = 16 * MIB  # one part other than a sheet or the shared strings
    members: int = 1000
    rows: int = 200_000
    columns: int = 200
    gap_rows: int = 1000  # a cell that many rows below the last one got there by accident
    cell_characters: int = 32_767  # what Excel itself allows
    block_rows: int = 500
    memory_bytes: int = 768 * MIB
    cpu_seconds: int = 120
    wait_seconds: float = 180.0  # what the parent waits for the child, all waits added up
    frame_bytes: int = 32 * MIB

    def to_dict(self) -> dict[str, Any]:
        """Return the limits for the child's command line."""
        return asdict(self)
