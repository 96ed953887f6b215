"""Writes workbooks: exports of any size, templates, and the original rows with what to mend."""
