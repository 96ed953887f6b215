"""Files that people hand in to be looked at: pictures and PDF, told by their content and never by their name (C8)."""
