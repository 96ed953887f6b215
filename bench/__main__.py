"""`python -m bench [name …]`: measures, prints a table, writes `bench/latest.json`."""

import json
import sys
from pathlib import Path
from typing import Any

from bench import framework

LATEST = Path(__file__).parent / "latest.json"
HEAD = ("name", "rows", "seconds", "peak MB", "peer s", "limit s", "× faster", "× limit")


def main(names: list[str]) -> int:
    with framework.temporary_servers():
        known = framework.benchmarks()
        if unknown := set(names) - known.keys():
            print(
                f"No benchmark is called {', '.join(sorted(unknown))}. Known: {', '.join(known)}",
                file=sys.stderr,
            )
            return 2
        lines: list[dict[str, Any]] = []
        print("  ".join(f"{word:>12}" for word in HEAD))
        for name in names or known:
            line = framework.run(known[name]())
            lines.append(line)
            print("  ".join(f"{_shown(line[key]):>12}" for key in (
                "name", "rows", "seconds", "peak_mb", "peer_seconds", "limit_seconds", "times_faster_than_peer", "times_limit",
            )), flush=True)  # fmt: skip
        for line in lines:
            print(f"{line['name']}: peer: {line['peer'] or 'none'}; limit: {line['limit'] or 'none'}")
    LATEST.write_text(json.dumps(lines, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


def _shown(value: object) -> str:
    if value is None:
        return "–"
    return (
        f"{value:,.3g}"
        if isinstance(value, float) and value < 100
        else f"{value:,.0f}"
        if isinstance(value, float)
        else str(value)
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
