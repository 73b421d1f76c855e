"""FIXatdl 1.1 and 1.2: a broker's strategies, their parameters, rules and forms, read from his XML file.

`read_algos` gives an `Algos` or refuses with file, line and reason; `Form` holds what a user entered and says what is
wrong with it, which controls are off, and what goes on the wire.
"""

from app.feeds.atdl.form import Fault, Form, Sent, Sheet
from app.feeds.atdl.model import Algos, AlgoStrategy
from app.feeds.atdl.reading import algos_of, read_algos
from app.feeds.atdl.values import Moment

__all__ = ["AlgoStrategy", "Algos", "Fault", "Form", "Moment", "Sent", "Sheet", "algos_of", "read_algos"]
