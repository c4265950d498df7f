"""The blocks of the shipped report, as they stand in a golden file.

When a change is meant, look at the difference and write the file anew:
``python tests/report/test_golden.py`` in the environment of the project.
"""

import json
from pathlib import Path

import dxmethod as dx

GOLDEN = Path(__file__).parent / "golden" / "dti-2022-to-2024.json"


def blocks() -> list[dict]:
    """Data of every block with figures, in the order of the notebooks; pictures by their words."""
    revision = dx.open_revision("dti-2022-to-2024")
    old, new = revision.baseline, revision.draft()
    comparison = revision.compare()
    differences = dx.differences(old, new, dx.match(old, new), revision.catalogue)
    say = dx.chapters
    found = say.examine(new, revision)
    made = [
        say.versions(revision),
        *say.structure(old, new),
        *say.contents(old, new, revision),
        *say.changes(differences),
        *say.grounds(old, new, revision),
        *say.powers(new, revision),
        *say.statement(differences, revision.file.reasons),
        say.sheet_table(new, revision.catalogue),
        *say.data_coverage(new, revision),
        *say.data_sources(new, revision),
        *say.data_gaps(new, revision),
        *say.data_bounds(new, revision),
        *say.compliance_cost(old, new, revision),
        *say.verdicts(found),
        *say.left_behind(say.examine(old, revision), new),
        *say.pass_figures(found),
        *say.blockers(found),
        *say.redundant(found),
        say.effect_summary(comparison),
        *say.results(comparison, revision),
        *say.movers(comparison, revision),
        *say.ties(comparison, revision),
        *say.ranking(comparison, revision),
        say.unit_table(comparison, revision),
        say.conclusion(revision),
        say.recommendation_table(revision),
    ]
    return [json.loads(json.dumps(block.to_json(), ensure_ascii=False)) for block in made]


def test_blocks_are_those_of_the_golden_file():
    assert blocks() == json.loads(GOLDEN.read_text(encoding="utf-8"))


if __name__ == "__main__":
    GOLDEN.parent.mkdir(exist_ok=True)
    text = json.dumps(blocks(), ensure_ascii=False, indent=1, sort_keys=True)
    GOLDEN.write_text(text + "\n", encoding="utf-8", newline="\n")
