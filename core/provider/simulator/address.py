"""Where does the simulator of a state folder listen? Its address, kept where other processes find it."""

from pathlib import Path
from urllib.parse import urlsplit


def known_address(state_dir: Path) -> str | None:
    """The address the simulator of this folder was last started at; None if it never was."""
    try:
        return _file(state_dir).read_text().strip() or None
    except FileNotFoundError:
        return None


def known_port(state_dir: Path) -> int | None:
    """The port of that address."""
    return urlsplit(known_address(state_dir) or "").port


def remember(state_dir: Path, url: str) -> None:
    """Keep the address; readers see the old one or the new one, never half of it."""
    unfinished = _file(state_dir).with_suffix(".part")
    unfinished.write_text(url + "\n")
    unfinished.replace(_file(state_dir))


def _file(state_dir: Path) -> Path:
    return state_dir / "address"
