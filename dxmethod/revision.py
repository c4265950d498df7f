"""A revision: two or more versions of a framework, what units reported, and why it is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from .attribution import bundles
from .calibration.judgements import Judgements
from .check import check_framework, check_units
from .comparison import Comparison, compare
from .concepts import Concept, join_themes, read_themes
from .consultation.comments import Register
from .consultation.sheet import read_register
from .differences.matching import Pair, match, read_matches
from .differences.table import Differences, check_reasons, differences
from .dispositions import check_dispositions, read_dispositions
from .documents import read_model
from .evidence import Evidence, Totals, check_wishes, read_evidence
from .examples import check_examples
from .faults import Collector, Fault, Faults, nearest
from .framework import UNIT_TYPES, Framework, read_framework
from .observations import Observations, read_observations
from .overlays.adaptation import Adaptation
from .register import read_units
from .reorganisation import Reorganisation
from .returns import Loaded, is_wide, load_observations
from .revision_file import ReorganisationFiles, RevisionFile, Table
from .rounds import Round
from .shelf import Shelf
from .units import read_crosswalk, read_strata
from .workspace import find_workspace, show_path


@dataclass(frozen=True, eq=False)
class Revision:
    """A revision with everything it names read and checked.

    Attributes
    ----------
    file : RevisionFile
        As written.
    workspace : Path
        Folder that holds `frameworks/` and `data/`.
    baseline : Framework
    drafts : tuple of Framework
    peers : tuple of Framework
    overlays : tuple of Adaptation
        What provinces make of one of the versions, the same for all.
    catalogue : mapping of str to Concept
    observations : Observations, optional
    earlier : Observations, optional
        Of the round before.
    inputs : tuple of Path
        Every file that the result depends on, the revision's own first; of the catalogue, the
        themes that hold a concept it uses.
    findings : tuple of Fault
        What the documents of the versions get wrong of themselves, kept as printed.
    round : Round, optional
        What units said of themselves and what was verified, where the table tells them apart.
    returned : Loaded, optional
        What came of reading it: units left out, and why.
    reorganisation : Reorganisation, optional
    matches : tuple of Pair
        Indicators of the baseline and of the first draft that a person confirmed to be one.
    comments : Register, optional
        What was said of a draft and what became of it.
    judgements : Judgements, optional
        Levels that experts gave to units, in the round of the observations.
    opinions : mapping of str to DataFrame
        What experts say of weights; see `Evidence`.
    published : Totals, optional
        Totals that were published of the same units.
    """

    file: RevisionFile
    workspace: Path
    baseline: Framework
    drafts: tuple[Framework, ...]
    peers: tuple[Framework, ...]
    catalogue: Mapping[str, Concept]
    observations: Observations | None
    inputs: tuple[Path, ...]
    findings: tuple[Fault, ...]
    round: Round | None = None
    returned: Loaded | None = None
    reorganisation: Reorganisation | None = None
    comments: Register | None = None
    earlier: Observations | None = None
    matches: tuple[Pair, ...] = ()
    judgements: Judgements | None = None
    opinions: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    published: Totals | None = None
    overlays: tuple[Adaptation, ...] = ()

    @property
    def name(self) -> str:
        """Name of the revision and of its folder under `outputs/`."""
        return self.file.id

    @property
    def frameworks(self) -> tuple[Framework, ...]:
        """Baseline and drafts."""
        return (self.baseline, *self.drafts)

    def draft(self, framework_id: str = "") -> Framework:
        """Return a draft by id, the first by default.

        Raises
        ------
        Faults
            If the revision has no such draft.
        """
        if not framework_id:
            return self.drafts[0]
        for draft in self.drafts:
            if draft.id == framework_id:
                return draft
        expected = nearest(framework_id, [draft.id for draft in self.drafts])
        raise Faults([Fault(self.name, "tham số draft", f"có “{framework_id}”", expected)])

    def differences(self, draft_id: str = "") -> Differences:
        """Find what a draft changes, the first by default; confirmed matches are taken as such.

        Raises
        ------
        Faults
            If the revision has no such draft, or a match contradicts what the draft says.
        """
        draft = self.draft(draft_id)
        confirmed = self.matches if draft == self.drafts[0] else ()
        matching = match(self.baseline, draft, confirmed)
        return differences(self.baseline, draft, matching, self.catalogue)

    def compare(self, draft_id: str = "") -> Comparison:
        """Assess what units reported under the baseline and under a draft, the first by default.

        Raises
        ------
        Faults
            If the revision has no such draft, or no observations.
        """
        if self.observations is None:
            found = "không có bảng số liệu, nên không so sánh được kết quả của các đơn vị"
            expected = "mục observations: tệp số liệu và nguồn"
            file = show_path(self.inputs[0], self.workspace)
            raise Faults([Fault(file, "mục observations", found, expected)])
        return compare(self.baseline, self.draft(draft_id), self.observations)


def open_revision(name: str | Path) -> Revision:
    """Open a revision by its name or by its file.

    Parameters
    ----------
    name : str or Path
        "dti-2022-to-2024", or the path of a YAML file of kind `revision`.

    Returns
    -------
    Revision

    Raises
    ------
    Faults
        With every fault of the revision, of its frameworks, its catalogue and its observations.
    """
    path = Path(name)
    if path.suffix in (".yml", ".yaml"):
        workspace = find_workspace(path.parent)
    else:
        workspace = find_workspace()
        path = workspace / "frameworks" / "revisions" / f"{name}.yml"
    faults = Collector()
    shown = show_path(path, workspace)
    if not path.is_file():
        folder = workspace / "frameworks" / "revisions"
        known = sorted(item.stem for item in folder.glob("*.yml"))
        expected = nearest(path.stem, known) if known else "một tệp trong frameworks/revisions"
        raise Faults([Fault(shown, "", "không có bản sửa đổi này", expected)])
    file = read_model(RevisionFile, path, shown, faults)
    if file is None:
        raise Faults(faults.faults)
    if file.id != path.stem:  # a copy under its old id would write over the other's report
        faults.add("mục id", f"có “{file.id}”", f"“{path.stem}” như tên tệp", file=shown)
    return _Loader(workspace, faults).load(file, path)


def _told_apart(frameworks: Sequence[Framework]) -> tuple[Framework, ...]:
    """Versions that call themselves the same are named with their instrument as well."""
    versions = [framework.version for framework in frameworks]
    return tuple(
        framework.model_copy(update={"version": f"{framework.version} ({framework.id})"})
        if versions.count(framework.version) > 1
        else framework
        for framework in frameworks
    )


class _Loader:
    """Reads what a revision names, noting every fault before giving up."""

    def __init__(self, workspace: Path, faults: Collector) -> None:
        self.workspace = workspace
        self.faults = faults
        self.inputs: list[Path] = []
        self.loaded: Loaded | None = None

    def load(self, file: RevisionFile, path: Path) -> Revision:
        folder = self.workspace / "frameworks" / "catalogue"
        themes = read_themes(folder, self.faults, "frameworks/catalogue")
        catalogue = join_themes(themes, self.faults, "frameworks/catalogue")
        self.inputs.append(path)
        frameworks = [self.framework(name, catalogue) for name in (file.baseline, *file.drafts)]
        if len(set(file.drafts)) < len(file.drafts) or file.baseline in file.drafts:
            self.faults.add("mục drafts", "một khung nêu hai lần", "mỗi khung một lần")
        observations = None
        if file.observations is not None:
            observations = self.observations(file, file.observations, catalogue)
            if file.focus and file.focus.stratum and observations is not None:
                known = [str(name) for name in observations.strata.categories]
                if file.focus.stratum not in known:
                    expected = nearest(file.focus.stratum, known) if known else "để trống"
                    self.faults.add("mục focus → stratum", f"có “{file.focus.stratum}”", expected)
            for framework in frameworks:
                if framework is not None and observations is not None:
                    self.fits(framework, observations, file.observations.file)
        self.same_units(frameworks)
        self.asked(file, frameworks)
        # What other documents get wrong of themselves is no finding of this revision.
        findings = self.faults.warnings
        peers = self.peers(file, catalogue)
        reorganisation = self.reorganisation(file.reorganisation, catalogue)
        earlier = self.earlier(file, catalogue)
        comments = self.comments(file.comments, frameworks)
        matches = self.matches(file.matches, frameworks)
        evidence = self.evidence(file, frameworks[1], observations, catalogue)
        overlays = self.overlays(file, frameworks, catalogue, observations)
        self.faults.raise_errors()
        self.reasons(file, path, frameworks, matches, catalogue)
        self.faults.raise_errors()
        kept = _told_apart([framework for framework in frameworks if framework is not None])
        # Only the themes that this revision reads: a new theme leaves an old report as it was.
        provincial = [made.framework for made in overlays]
        asking = (*kept, *peers, *provincial)
        used = {name for framework in asking for name in framework.concepts}
        used |= set(observations.position) if observations else set()
        self.inputs += [
            at for at, theme in themes.items() if any(c.id in used for c in theme.concepts)
        ]
        return Revision(
            file=file,
            workspace=self.workspace,
            baseline=kept[0],
            drafts=kept[1:],
            peers=peers,
            catalogue=catalogue,
            observations=observations,
            inputs=tuple(dict.fromkeys(self.inputs)),
            findings=findings,
            round=self.loaded.round if self.loaded else None,
            returned=self.loaded,
            reorganisation=reorganisation,
            comments=comments,
            matches=matches,
            earlier=earlier,
            judgements=evidence.judgements,
            opinions=evidence.opinions,
            published=evidence.published,
            overlays=overlays,
        )

    def peers(self, file: RevisionFile, catalogue: Mapping[str, Concept]) -> tuple[Framework, ...]:
        versions = {file.baseline, *file.drafts}
        if len(set(file.peers) - versions) < len(file.peers):
            self.faults.add("mục peers", "một khung nêu hai lần", "mỗi khung một lần")
        found = [self.framework(name, catalogue) for name in file.peers]
        return tuple(framework for framework in found if framework is not None)

    def overlays(
        self,
        file: RevisionFile,
        frameworks: Sequence[Framework | None],
        catalogue: Mapping[str, Concept],
        observations: Observations | None,
    ) -> tuple[Adaptation, ...]:
        known = dict(zip((file.baseline, *file.drafts), frameworks, strict=True))
        own = Collector()
        shelf = Shelf(self.workspace / "frameworks", catalogue, own, known)
        found = shelf.overlays(file.overlays)
        beyond = {deed.refused for one in found for deed in one.deeds}  # the report shows it
        self.faults.extend(fault for fault in own.faults if fault.found not in beyond)
        self.inputs += shelf.read
        if observations is not None and file.observations is not None:
            for one in found:
                self.fits(one.framework, observations, file.observations.file)
        return found

    def reorganisation(
        self, files: ReorganisationFiles | None, catalogue: Mapping[str, Concept]
    ) -> Reorganisation | None:
        if files is None:
            return None
        crosswalk = strata = found = former = target = None
        if files.crosswalk:
            crosswalk = read_crosswalk(self.input(files.crosswalk), self.faults, files.crosswalk)
        if files.strata:
            strata = read_strata(self.input(files.strata), self.faults, files.strata)
        if files.dispositions:
            path = self.input(files.dispositions)
            found = read_dispositions(path, self.faults, files.dispositions)
        if found is not None:
            former = self.framework(found.framework, catalogue)
            target = self.framework(found.target, catalogue) if found.target else None
        if found is not None and former is not None:
            self.faults.extend(check_dispositions(found, former, target, files.dispositions))
        if crosswalk is not None and np.isnan(crosswalk.shares(files.assumption)).any():
            said = f"“{files.assumption}” không cho biết tỷ lệ của mọi đơn vị bị chia"
            expected = "equal, hoặc điền share (supplied), is_default (default)"
            self.faults.add("cột share", said, expected, file=files.crosswalk)
        if files.weights and files.weights not in catalogue:
            expected = nearest(files.weights, catalogue)
            self.faults.add("mục reorganisation → weights", f"có “{files.weights}”", expected)
        return Reorganisation(
            crosswalk,
            strata,
            files.assumption,
            files.cover,
            files.weights,
            found,
            former,
            target,
        )

    def matches(self, name: str, frameworks: Sequence[Framework | None]) -> tuple[Pair, ...]:
        baseline, draft, *_ = frameworks
        if not name or baseline is None or draft is None:
            return ()
        found = read_matches(self.input(name), baseline, draft, self.faults, name)
        return tuple(pair for pair in found.matches if pair.confirmed) if found else ()

    def reasons(
        self,
        file: RevisionFile,
        path: Path,
        frameworks: Sequence[Framework | None],
        matches: tuple[Pair, ...],
        catalogue: Mapping[str, Concept],
    ) -> None:
        """A reason is given for something that stands in the baseline or in the first draft."""
        old, new, *_ = frameworks
        if file.reasons and old is not None and new is not None:
            found = differences(old, new, match(old, new, matches), catalogue)
            check_reasons(file.reasons, found, show_path(path, self.workspace), self.faults)

    def comments(self, name: str, frameworks: Sequence[Framework | None]) -> Register | None:
        baseline, *drafts = frameworks
        known = [draft for draft in drafts if draft is not None]
        if not name or baseline is None or not known:
            return None
        return read_register(self.input(name), baseline, known, self.faults, name)

    def evidence(
        self,
        file: RevisionFile,
        draft: Framework | None,
        observations: Observations | None,
        catalogue: Mapping[str, Concept],
    ) -> Evidence:
        """Read what thresholds and weights may be learned from, if draft and data can be read."""
        if draft is None or (observations is None and file.observations is not None):
            return Evidence()
        check_wishes(file, draft, observations, catalogue, self.faults)
        left_out = self.loaded.excluded if self.loaded else ()
        return read_evidence(file, draft, observations, self.input, self.faults, left_out)

    def input(self, name: str) -> Path:
        """Path of a file that the result depends on."""
        path = self.workspace / name
        self.inputs.append(path)
        return path

    def framework(self, name: str, catalogue: Mapping[str, Concept]) -> Framework | None:
        path = self.workspace / "frameworks" / f"{name}.yml"
        shown = show_path(path, self.workspace)
        self.inputs.append(path)
        framework = read_framework(path, self.faults, shown)
        if framework is not None:
            found = check_framework(framework, catalogue, shown)
            if not any(fault.severity == "lỗi" for fault in found):
                found += check_examples(framework, catalogue, shown)
            self.faults.extend(found)
            if framework.id != name:
                self.faults.add(
                    "mục id", f"có “{framework.id}”", f"“{name}” như tên tệp", file=shown
                )
        return framework

    def same_units(self, frameworks: Sequence[Framework | None]) -> None:
        """Drafts are for the type of unit that the baseline is for."""
        baseline, *drafts = frameworks
        for draft in drafts:
            if baseline and draft and draft.unit_type != baseline.unit_type:
                found = f"dành cho {UNIT_TYPES[draft.unit_type]}"
                expected = f"{UNIT_TYPES[baseline.unit_type]} như bản hiện hành"
                self.faults.add("mục unit_type", found, expected, file=f"frameworks/{draft.id}.yml")

    def asked(self, file: RevisionFile, frameworks: Sequence[Framework | None]) -> None:
        """What the revision wants told apart can be told apart in every draft."""
        baseline, *drafts = frameworks
        for draft in drafts:
            if baseline is None or draft is None or draft.unit_type != baseline.unit_type:
                continue
            if not set(baseline.concepts) & set(draft.concepts):
                said = f"{draft.id} không có khái niệm chung với {baseline.id}"
                self.faults.add("mục drafts", said, "hai phiên bản của một bộ tiêu chí")
            try:
                bundles(baseline, draft, file.bundles)
            except Faults as error:
                self.faults.extend(error.faults)
            if file.focus and file.focus.level:
                names = [level.id for level in draft.levels]
                if file.focus.level not in names:
                    expected = nearest(file.focus.level, names) if names else "để trống"
                    self.faults.add("mục focus → level", f"có “{file.focus.level}”", expected)

    def fits(self, framework: Framework, observations: Observations, file: str) -> None:
        """The table of units says what the framework needs to know of them."""
        if not set(framework.concepts) & set(observations.position):
            said = f"không có khái niệm nào của {framework.id}"
            self.faults.add("dòng 1", said, "cột của ít nhất một khái niệm", file=file)
        found = check_units(framework, observations.units, file)
        self.faults.extend(fault for fault in found if fault not in self.faults.faults)

    def observations(
        self, file: RevisionFile, named: Table, catalogue: Mapping[str, Concept]
    ) -> Observations | None:
        known: tuple[str, ...] = ()
        if file.units:
            path = self.workspace / file.units
            self.inputs.append(path)
            crosswalk = read_crosswalk(path, self.faults, file.units)
            known = tuple(crosswalk.new_units.index) if crosswalk else ()
        path = self.workspace / named.file
        if not is_wide(path):
            return self.returned(path, named, catalogue)
        self.inputs.append(path)
        return read_observations(
            path,
            catalogue,
            self.faults,
            name=named.file,
            known_units=known,
            source=named.source,
            simulated=named.simulated,
        )

    def earlier(self, file: RevisionFile, catalogue: Mapping[str, Concept]) -> Observations | None:
        """Read the round before; what came of reading the later one stays what is told."""
        if file.earlier is None:
            return None
        told = self.loaded
        found = self.observations(file, file.earlier, catalogue)
        self.loaded = told
        return found

    def returned(
        self, path: Path, named: Table, catalogue: Mapping[str, Concept]
    ) -> Observations | None:
        """Read what units sent back, at the stage that the revision asks for."""
        files = [item for item in sorted(path.rglob("*")) if item.is_file()]
        self.inputs += files if path.is_dir() else [path]
        try:
            units = read_units(self.input(named.units)) if named.units else None
            loaded = load_observations(
                path,
                catalogue,
                units=units,
                round_name=named.round,
                source=named.source,
                simulated=named.simulated,
                exclude_faulty=named.exclude_faulty,
                mark=False,
            )
        except Faults as error:
            self.faults.extend(error.faults)
            return None
        self.loaded = loaded
        return loaded.observations(named.stage)
