"""Conditions that Django's queries do not know."""

from typing import Any

from django.db.models import Lookup


class OneOf(Lookup[int]):
    """One of the few that a subquery finds first. Joined, or as `IN`, they tempt the database to begin with them, or with all the
    rows they could belong to, where an index has the rows of the list in order."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, left_parameters = self.process_lhs(compiler, connection)
        right, right_parameters = self.process_rhs(compiler, connection)
        return f"{left} = ANY(ARRAY{right})", (*left_parameters, *right_parameters)
