"""The `freeq` command: configuration, wiring and operator tools. It alone brings a runtime and the core together."""
