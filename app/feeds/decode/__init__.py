"""Pure decoders: bytes and tables in, rows and quarantine out; no files, sockets or clocks."""
