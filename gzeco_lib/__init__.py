"""gzeco: scenario models, dashboards and briefings for a city's ecological-environment bureau."""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def _commit() -> str:
    """The commit of the checkout this is run from, "" where it is installed without one."""
    git = Path(__file__).parents[1] / ".git"
    try:
        head = (git / "HEAD").read_text().strip()
        if not head.startswith("ref: "):
            return head
        loose = git / head.removeprefix("ref: ")
        if loose.is_file():
            return loose.read_text().strip()
        packed = (git / "packed-refs").read_text().splitlines()
        return next((line.split()[0] for line in packed if line.endswith(head.removeprefix("ref: "))), "")
    except OSError:
        return ""


try:
    __version__ = version("gzeco")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0"
if _found := _commit():
    __version__ += f"+{_found[:10]}"
