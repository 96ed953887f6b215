"""The process in which `framework.apart` runs a function: `python -m bench.apart MODULE FUNCTION ARGUMENTS`."""

import importlib
import json
import sys
import time

import django


def main(module: str, function: str, arguments: str) -> None:
    django.setup()
    work = getattr(importlib.import_module(module), function)
    told, sys.stdout = sys.stdout, sys.stderr
    print("ready", file=told, flush=True)
    sys.stdin.readline()
    begun = time.perf_counter()
    answer = work(*json.loads(arguments))
    seconds = time.perf_counter() - begun
    print(json.dumps({"seconds": seconds, "answer": answer}), file=told, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
