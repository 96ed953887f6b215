"""Reads .xlsx files of strangers: a limited child process scans and reads, the parent gets rows or one refusal.

`parent.open_workbook` is the door. The modules the child uses (`child` and what it imports) import neither
Django nor anything outside the standard library: the child runs without site-packages.
"""
