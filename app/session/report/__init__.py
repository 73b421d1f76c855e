"""The scorecard of one order as a page that stands alone: figures, charts, data quality, settings and hashes.

Made from the files of a run, so that its figures are those of every other output; loads neither engine nor Qt.
"""

from app.session.report.page import write_report
from app.session.report.source import parents

__all__ = ["parents", "write_report"]
