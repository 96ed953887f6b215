"""Benchmarks: `python -m bench [name …]`, or `make bench BENCH="name name"`.

Each benchmark measures three things in the same run, in turn, and tells their medians: ours, a peer (what one would
otherwise take), and a limit (what nobody can beat: the bare work). It runs on a temporary PostgreSQL with fsync on.

To add one, write `bench/<any_module>.py` with a class that is registered by its name:

    @register
    class OpenCohort(Benchmark):
        name = "open-cohort"
        rows = 100_000
        peer = "bulk_create"                     # "" where there is none
        limit = "one bare INSERT … SELECT"

        def prepare(self) -> None: …             # once, not measured
        def ours(self) -> Measured: …
        def peer_run(self) -> Measured: …
        def limit_run(self) -> Measured: …

Each of the three first brings the database into the state it starts from (not measured), then returns `Measured`: from
`timed(function)` for what runs here, or from `apart(function, *arguments)` for what must be measured with its memory; that
runs in a process of its own (set up before the clock), and the peak sums it and its children. `emptied(*models)` truncates
tables as their owner, `settled()` vacuums. A peer on fewer rows is scaled by `Measured.scaled(to_rows, from_rows)`; say so in
`peer`.
"""
