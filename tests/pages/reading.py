"""What does a page say? Its words and its drawings' data, read from an `AppTest` run."""

import json
from typing import Any

from streamlit.testing.v1 import AppTest

SLIDER = "staging_desk.before_after"
JOB_TABLE = "staging_desk.job_table"
RECORDS = "staging_desk.record_table"
FIGURES = "staging_desk.figures"


def words(app: AppTest) -> str:
    """Everything the page says, one text a line."""
    headings = (app.title, app.subheader, app.caption, app.markdown)
    notices = (app.info, app.warning, app.error, app.code, app.toast)
    return "\n".join(str(element.value) for kind in (*headings, *notices) for element in kind)


def drawings(app: AppTest, name: str) -> list[dict[str, Any]]:
    """What was handed to each drawing of this name, in the order of the page."""
    found = [element.proto for element in app.get("bidi_component") if element.proto.component_name == name]
    return [json.loads(proto.json or proto.mixed.json) for proto in found]


def refreshes(app: AppTest) -> int:
    """How many parts of the page ask for a refresh by themselves."""
    return len(app.get("component_instance"))


def rows(app: AppTest) -> list[dict[str, Any]]:
    """The rows of the job table; none where it is not drawn."""
    return [row for table in drawings(app, JOB_TABLE) for row in json.loads(table["rows"])]


def records(app: AppTest, title: str) -> list[list[dict[str, Any]]]:
    """The cells of the table of this title, row by row; none where it is not drawn."""
    tables = [table for table in drawings(app, RECORDS) if table["title"] == title]
    return [row["cells"] for table in tables for row in table["rows"]]


def figures(app: AppTest) -> list[dict[str, Any]]:
    """The figures that the page draws in rows: label, value, detail, hover and tone."""
    return [figure for row in drawings(app, FIGURES) for figure in json.loads(row["figures"])]


def metrics(app: AppTest) -> dict[str, str]:
    """The figures of the page by their labels."""
    return {metric.label: metric.value for metric in app.metric}


def button_by_label(app: AppTest, label: str) -> Any:
    """The one button of this label."""
    (found,) = [button for button in app.button if button.label == label]
    return found
