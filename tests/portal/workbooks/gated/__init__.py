"""The campuses' kind as an app of its own, for real workers: a run that stops at a gate until the test opens it."""
