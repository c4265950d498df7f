"""Frameworks and overlays of a workspace, by id: read, checked, applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from .check import check_framework
from .concepts import Concept
from .faults import Collector, Fault, nearest
from .framework import Framework, framework_files, read_framework
from .overlays.adaptation import Adaptation, adapt
from .overlays.model import Written, read_overlay


class Shelf:
    """Frameworks and overlays of a workspace, by id; overlays applied down to a framework.

    Parameters
    ----------
    home : Path
        Folder `frameworks/` of the workspace.
    catalogue : mapping of str to Concept
    faults : Collector
        Where faults of what is read are noted, once for each file.
    known : mapping of str to Framework or None, optional
        Frameworks that were read and checked already; None for those with errors.
    """

    def __init__(
        self,
        home: Path,
        catalogue: Mapping[str, Concept],
        faults: Collector,
        known: Mapping[str, Framework | None] | None = None,
    ) -> None:
        self.home, self.catalogue, self.faults = home, catalogue, faults
        self.known: dict[str, Framework | None] = dict(known or {})
        self.read: list[Path] = []

    def framework(self, name: str, place: Fault, above: tuple[str, ...] = ()) -> Framework | None:
        """A framework by id, or what an overlay makes of one; None after a fault.

        Parameters
        ----------
        name : str
            Id of a framework, or of an overlay.
        place : Fault
            Where the name stands, for the message.
        above : tuple of str
            Overlays that lead here.
        """
        if name in above:
            said = f"vòng: {' → '.join((*above[above.index(name) :], name))}"
            self.faults.add(place.place, said, "extends đi đến một khung", file=place.file)
            return None
        path = self.home / "overlays" / f"{name}.yml"
        if path.is_file():
            written = self.overlay(path)
            done = self.adapted(written, above) if written else None
            return done.framework if done else None
        known = [p.relative_to(self.home).with_suffix("") for p in framework_files(self.home)]
        if name not in (ids := [at.as_posix() for at in known]):
            ids += [at.stem for at in sorted((self.home / "overlays").glob("*.yml"))]
            self.faults.add(place.place, f"có “{name}”", nearest(name, ids), file=place.file)
            return None
        if name not in self.known:
            self.known[name] = self._checked(self.home / f"{name}.yml")
        return self.known[name]

    def overlay(self, path: Path) -> Written | None:
        """Read an overlay; None after a fault."""
        self.read.append(path)
        return read_overlay(path, self.faults, self._shown(path))

    def adapted(self, written: Written, above: tuple[str, ...] = ()) -> Adaptation | None:
        """An overlay applied to what it extends; None after a fault."""
        overlay = written.overlay
        at = Fault(written.file, "mục extends", "", "")
        base = self.framework(overlay.extends, at, (*above, overlay.id))
        return adapt(written, base, self.catalogue, self.faults) if base else None

    def overlays(self, names: Sequence[str]) -> tuple[Adaptation, ...]:
        """Apply the overlays that a revision names, all of one of the frameworks known before.

        What the framework does not allow is noted as an error; see `Deed.refused`.
        """
        versions, made = tuple(self.known), []
        ids = sorted(path.stem for path in (self.home / "overlays").glob("*.yml"))
        for name in names:
            if name not in ids:
                expected = nearest(name, ids) if ids else "một tệp trong frameworks/overlays"
                self.faults.add("mục overlays", f"có “{name}”", expected)
            elif written := self.overlay(self.home / "overlays" / f"{name}.yml"):
                if (said := written.overlay.id) != name:
                    expected = f"“{name}” như tên tệp"
                    self.faults.add("mục id", f"có “{said}”", expected, file=written.file)
                made.append(self.adapted(written))
        found = tuple(done for done in made if done is not None)
        for done in found:
            if done.base.id not in versions:
                said = f"“{done.overlay.id}” điều chỉnh {done.base.id}"
                self.faults.add("mục overlays", said, f"bản điều chỉnh {' hoặc '.join(versions)}")
        if len({done.base.id for done in found} & {*versions}) > 1:
            said = "có bản điều chỉnh của các khung khác nhau"
            self.faults.add("mục overlays", said, "cùng điều chỉnh một khung")
        if len(set(names)) < len(names):
            self.faults.add("mục overlays", "một bản nêu hai lần", "mỗi bản một lần")
        return found

    def _checked(self, path: Path) -> Framework | None:
        self.read.append(path)
        shown = self._shown(path)
        framework = read_framework(path, self.faults, shown)
        found = check_framework(framework, self.catalogue, shown) if framework else []
        errors = [fault for fault in found if fault.severity == "lỗi"]
        self.faults.extend(errors)
        return None if errors else framework

    def _shown(self, path: Path) -> str:
        return path.relative_to(self.home.parent).as_posix()
