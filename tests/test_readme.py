"""Is README true? What it lists is what there is, and its commands are the ones that are run."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from core import cli, errors
from core.analytics.definitions import DEFINITIONS
from core.credits import pricing
from core.jobs.states import JobState, VariantState
from core.provider.simulator.faults import DESCRIPTIONS
from core.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
_CODE = re.compile(r"`([^`\n]+)`")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ROW = re.compile(r"^\| `([^`]+)`(?:, `([^`]+)`)? \|", re.MULTILINE)


def section(title: str) -> str:
    """The text of one `##` section, without its heading."""
    (found,) = re.findall(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    return str(found)


def listed(title: str) -> set[str]:
    """What the tables of a section list in their first column."""
    return {name for row in _ROW.findall(section(title)) for name in row if name}


def commands(title: str) -> list[str]:
    """The lines of the first fenced block of a section."""
    return [line for line in _FENCE.findall(section(title))[0][1].splitlines() if line.strip()]


def error_classes(of: type[errors.StagingError] = errors.StagingError) -> set[type[errors.StagingError]]:
    return {of}.union(*(error_classes(one) for one in of.__subclasses__()))


def real_commands() -> dict[str, set[str]]:
    """Every command there is, by its words, with its options."""

    def walk(group: Any, before: str) -> Iterator[tuple[str, set[str]]]:
        for name, command in group.commands.items():
            if hasattr(command, "commands"):
                yield from walk(command, f"{before}{name} ")
            else:
                yield before + name, {option for parameter in command.params for option in parameter.opts}

    return dict(walk(typer.main.get_command(cli.app), ""))


def documented_commands() -> dict[str, set[str]]:
    """The same, as README tells it."""
    return {re.split(r" --| \[", row)[0]: set(re.findall(r"--[a-z-]+", row)) for row in listed("Commands")}


def as_documented(default: object) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    return f"{default:g}" if isinstance(default, float) else str(default)


# ---- tables ------------------------------------------------------------------------------------


def test_every_setting_is_documented_and_no_other() -> None:
    aliases = {str(field.validation_alias) for field in Settings.model_fields.values()}
    assert listed("Settings") == aliases


def test_every_default_is_documented_as_it_is() -> None:
    rows = {
        f"| `{field.validation_alias}` | `{as_documented(field.default)}` |"
        for field in Settings.model_fields.values()
        if field.default is not None
    }
    assert not [row for row in rows if row not in README]


def test_every_state_of_jobs_and_variants_is_documented_and_no_other() -> None:
    rows = set(re.findall(r"^\| `(\w+)` \| (job|variant) \|", section("How a job moves"), re.MULTILINE))
    assert rows == {(state.value, "job") for state in JobState} | {(state.value, "variant") for state in VariantState}


def test_the_drawing_of_states_names_them_all() -> None:
    drawing = _FENCE.findall(section("How a job moves"))[0][1]
    of_jobs, of_variants = (set(re.findall(r"[a-z]+", line.partition(":")[2])) for line in drawing.splitlines())
    assert of_jobs == {state.value for state in JobState}
    assert of_variants == {state.value for state in VariantState}


def test_every_error_is_documented_with_its_status_and_words() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| (.*) \|$", section("Errors"), re.MULTILINE)
    documented = {code: (int(status), words) for code, status, words in rows}
    there_are = {one.code: (one.http_status, " ".join((one.__doc__ or "").split())) for one in error_classes()}
    assert documented == there_are
    assert len(rows) == len(documented)


def test_every_error_code_means_one_error() -> None:
    codes = [one.code for one in error_classes()]
    assert len(codes) == len(set(codes))


def test_every_command_is_documented_and_no_other() -> None:
    assert set(documented_commands()) == set(real_commands())


def test_every_option_that_readme_names_exists() -> None:
    real = real_commands()
    unknown = {words: options - real[words] for words, options in documented_commands().items()}
    assert not {words: options for words, options in unknown.items() if options}


def test_every_fault_of_the_simulator_is_documented_as_it_is() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", section("Simulator"), re.MULTILINE)
    assert dict(rows) == {fault.value: words for fault, words in DESCRIPTIONS.items()}


def test_every_figure_is_documented_as_it_is_defined() -> None:
    rows = re.findall(r"^\| ([a-z0-9 ]+) \| (.*) \|$", section("Figures"), re.MULTILINE)
    defined = {term.replace("_", " "): words for term, words in DEFINITIONS.items()}
    assert dict(rows[1:]) == defined
    assert [term for term, _words in rows[1:]] == list(defined)


def test_every_room_is_documented_and_no_other() -> None:
    packages = {f"core/{init.parent.name}/" for init in (ROOT / "core").glob("*/__init__.py")}
    rows = {name for name in listed("Rooms") if name.startswith("core/") and name.endswith("/")}
    assert rows == packages


def test_every_file_that_readme_names_exists() -> None:
    named = {name for name in _CODE.findall(section("Rooms")) if "/" in name or name.endswith(".py")}
    named |= {".streamlit/config.toml"}
    assert not [name for name in named if not (ROOT / name).exists()]


def test_prices_in_readme_are_the_prices() -> None:
    assert f"charges {pricing.JOB_PRICE_CREDITS} credits" in " ".join(README.split())


# ---- commands ----------------------------------------------------------------------------------


@pytest.mark.parametrize("title", ["Run", "Test"])
def test_how_to_run_and_test_is_one_line_each(title: str) -> None:
    first = commands(title)
    assert len(first) == 1
    assert all(word in first[0] for word in ("python3 -m venv .venv", "pip install", "-m core migrate"))


def test_the_tests_section_holds_its_command_alone() -> None:
    assert len(_FENCE.findall(section("Test"))) == 1


def test_the_check_of_a_clean_checkout_runs_readmes_own_line() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    (program,) = re.findall(r"^command=\$\((awk .*)\)$", script, re.MULTILINE)
    words = shlex.split(program)
    found = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.splitlines() == commands("Test")


def test_what_readme_runs_is_there() -> None:
    assert commands("Run")[0].endswith(".venv/bin/streamlit run app.py")
    assert (ROOT / "app.py").is_file()
    assert commands("Test")[0].endswith(".venv/bin/python -m pytest")


def test_readme_names_no_other_port_than_the_desks() -> None:
    assert set(re.findall(r"(?:127\.0\.0\.1|localhost):(\d+)", README)) == {"8501"}
    assert not re.findall(r"--(?:server\.)?port[ =]\d+", README)


def test_readme_says_nothing_of_this_machine() -> None:
    for word in ("/tmp/", "/root/", "/home/", "/Users/"):
        assert word not in README
