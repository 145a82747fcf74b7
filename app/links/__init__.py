"""Links: outside channels such as cameras, calls, probes and line tests; no Qt."""
