"""The window on a running session: `python -m app.cli.window FOLDER`; starts without the rest of the command line."""

import gc
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from app.session.hand import SessionHand
from app.session.runtime_folder import RuntimeFolder


def attach(folder: RuntimeFolder) -> int:
    """A window in this process; its end leaves the session running."""
    # nothing here multiplies matrices, and the threads numpy would start for it begin by spinning
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    gc.disable()  # until the window stands: what is loaded and made before is kept (app.widgets.frames.keep_all)
    from app import desk as window  # noqa: PLC0415 - Qt, where a window is opened

    signal.signal(signal.SIGTERM, _terminated)
    hand = SessionHand(folder.path)
    try:
        return window.run(folder.board, hand, hand.title, folder.path)
    finally:
        hand.close()


def _terminated(_number: int, _frame: FrameType | None) -> None:
    """End as at SIGINT, whose handler lets the window's loop turn once more; before there is one, end at once."""
    if signal.getsignal(signal.SIGINT) in {signal.default_int_handler, signal.SIG_IGN, signal.SIG_DFL}:
        sys.exit(0)
    signal.raise_signal(signal.SIGINT)


if __name__ == "__main__":
    sys.exit(attach(RuntimeFolder(Path(sys.argv[1]))))
