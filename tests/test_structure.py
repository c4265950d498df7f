"""What instruments are made of, on small instruments whose figures can be counted by hand."""

import datetime as dt

import pytest

import dxmethod as dx
from dxmethod import structure
from dxmethod.concepts import Concept


@pytest.fixture(scope="module")
def levels(repository):
    folder = repository / "tests/workspaces/small-levels"
    return dx.open_revision(folder / "frameworks/revisions/small-levels.yml")


@pytest.fixture(scope="module")
def index(repository):
    folder = repository / "tests/workspaces/small-index"
    return dx.open_revision(folder / "frameworks/revisions/small-index.yml")


def concept(measure="ratio", better="higher", categories=()) -> Concept:
    return Concept(
        id="x", label="x", measure=measure, unit="%", better=better, categories=categories
    )


@pytest.mark.parametrize(
    ("required", "of", "words"),
    [
        (80.0, concept(), "≥\u00a080"),
        (2.5, concept(better="lower"), "≤\u00a02,5"),
        (1.0, concept("yes_no"), "có"),
        (1.0, concept("category", categories=("Chưa", "Một phần")), "≥\u00a0Một phần"),
        ({"miền núi": 60, "*": 80}, concept(), "≥\u00a060 (miền núi); ≥\u00a080 (còn lại)"),
    ],
)
def test_a_threshold_is_said_with_its_direction_and_its_strata(required, of, words):
    assert structure.threshold_words(required, of) == words


@pytest.mark.parametrize(
    ("places", "words"), [((), ""), ((2,), "2"), ((1, 2, 3, 5), "1–3, 5"), ((1, 3), "1, 3")]
)
def test_places_in_a_row_are_a_span(places, words):
    assert structure.span(places) == words


def test_outline_has_every_node_below_the_root_in_printed_order(levels, index):
    frame = structure.outline(levels.baseline)
    assert list(frame.index[:2]) == ["chinh-quyen-so", "ho-so-truc-tuyen"]
    assert frame["levels"]["chinh-quyen-so"] == (1, 2, 3)
    assert frame["levels"]["cho-khong-tien-mat"] == (3,)
    weighed = structure.outline(index.baseline)
    assert list(weighed["depth"][["ha-tang", "tiep-can", "thiet-bi"]]) == [1, 2, 3]
    assert list(weighed["points"][["ha-tang", "tiep-can", "internet"]]) == [2, 3, 2]


def test_ladder_shows_thresholds_by_level_and_nothing_where_nothing_is_asked(levels):
    frame = structure.ladder(levels.baseline, levels.catalogue)
    row = frame.loc["ho-so-truc-tuyen"]
    assert row["muc-1"] == "≥\u00a040 (mien-nui); ≥\u00a060 (còn lại)"
    assert row["muc-3"] == "≥\u00a090"
    assert list(frame.loc["cho-khong-tien-mat", ["muc-1", "muc-3"]]) == ["", "≥\u00a050"]
    assert list(frame.loc["ho-so-qua-han", ["unit", "muc-3"]]) == ["%", "≤\u00a02"]


def test_climb_counts_what_is_new_and_what_rises(levels):
    frame = structure.climb(levels.baseline, levels.catalogue)
    whole = frame[frame["group"] == ""]
    columns = ["requirements", "new", "raised", "held"]
    assert whole[columns].to_numpy().tolist() == [[5, 5, 0, 0], [7, 2, 4, 1], [8, 1, 6, 1]]
    parts = frame[frame["group"] != ""].groupby("level")["requirements"].sum()
    assert parts.tolist() == whole["requirements"].tolist()


def test_a_rise_for_one_stratum_is_a_rise(levels):
    item = levels.baseline.indicators[0]
    required = item.required | {"muc-2": {"mien-nui": 41, "*": 60}, "muc-3": {"mien-nui": 41}}
    held = item.model_copy(update={"required": required})
    group = levels.baseline.tree.model_copy(update={"children": (held,)})
    framework = levels.baseline.model_copy(update={"tree": group})
    frame = structure.climb(framework, levels.catalogue)
    assert frame["raised"].tolist() == [0, 1, 0]
    assert set(frame["group"]) == {""}


def test_indicators_and_points_share_out_by_source_and_by_fidelity(levels, index):
    sources = structure.by_source(levels.baseline, levels.catalogue)
    assert sources["count"].to_dict() == {"automatic": 4, "statistics": 1, "self_report": 3}
    assert sources["points_share"].isna().all()
    weighed = structure.by_source(index.baseline, index.catalogue)
    assert weighed["share"].sum() == pytest.approx(1)
    assert weighed["points_share"]["survey"] == pytest.approx(1 / 8)
    fidelity = structure.by_fidelity(levels.baseline)
    assert fidelity[["label", "share"]].to_numpy().tolist() == [["minh họa", 1.0]]


@pytest.mark.parametrize(
    ("unit_type", "own"), [("commune", [True, False]), ("department", [False, True])]
)
def test_competence_says_who_decides_and_until_when(levels, unit_type, own):
    until = dt.date(2027, 3, 1)
    given = {
        "ho-so-truc-tuyen": {"level": "commune", "basis": "132/2025/NĐ-CP", "valid_until": until},
        "ho-so-qua-han": {"level": "province"},
    }
    catalogue = {
        name: Concept.model_validate(item.model_dump() | {"competence": given.get(name)})
        for name, item in levels.catalogue.items()
    }
    framework = levels.baseline.model_copy(update={"unit_type": unit_type})
    frame = structure.competence(framework, catalogue).iloc[:3]
    assert list(frame["level"]) == ["commune", "province", ""]
    assert list(frame["own"]) == [*own, False]
    assert list(frame["valid_until"]) == [until, None, None]


def test_instruments_meet_in_their_concepts(levels, index):
    catalogue = {**levels.catalogue, **index.catalogue}
    old, new = levels.frameworks
    frame = structure.concept_matrix((old, new, index.baseline), catalogue)
    assert frame["asked_by"].tolist() == sorted(frame["asked_by"], reverse=True)
    row = frame.loc["can-bo-tap-huan"]
    assert row[old.id] == "1:\u00a0≥\u00a050; 2:\u00a0≥\u00a070; 3:\u00a0≥\u00a090"
    assert (row["asked_by"], row[index.baseline.id]) == (2, "")
    assert frame.loc["to-cong-nghe-so", old.id] == "1–3:\u00a0có"
    assert frame.loc["internet", index.baseline.id] == "2 trọng số"
    assert frame.loc["ho-so-suc-khoe", old.id] == ""


def test_fate_matches_indicators_by_id_and_levels_by_place(levels):
    old, new = levels.frameworks
    frame = structure.fate(old, new)
    assert frame.loc["van-ban-ky-so", ["old", "new"]].tolist() == [True, False]
    assert frame.loc["ho-so-suc-khoe", ["old", "new"]].tolist() == [False, True]
    assert frame["changed"]["dinh-danh-muc-2"] and not frame["changed"]["to-cong-nghe-so"]
    renamed = dx.Framework.model_validate_json(old.model_dump_json().replace("muc-3", "muc-ba"))
    assert not structure.fate(old, renamed)["changed"].any()
