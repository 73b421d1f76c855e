"""The composition root: settings to feeds, engine, runtime, board and files, in one process or in two.

`request` and `playback` are safe to import in the desk's process; `replay` and `engine_process` load the engine.
"""
