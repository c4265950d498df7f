"""A register of comments: what is checked of it, what is counted, what answers do to units."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from examples import catalogue, concept, framework, group, indicator, levels, observe, random_levels

from dxmethod.assessment import assess
from dxmethod.changes import Conflict, apply
from dxmethod.consultation.comments import (
    DISPOSITIONS,
    Asked,
    Comment,
    Reason,
    Register,
    answering,
    check_register,
    effects,
    revised,
    unprompted,
)

KNOWN = catalogue("a", "b", "c", concept("d", better="lower"))


def version(name, *items, **fields):
    labels = {"m1": "Khởi động", "m2": fields.pop("top", "Thích ứng")}
    held = [item.model_copy(update={"label": labels[item.id]}) for item in levels("m1", "m2")]
    return framework(group("g", *items, code="I"), id=f"{name}/commune", levels=tuple(held))


OLD = version(
    "cu",
    indicator("a", code="1.1", required={"m1": 50.0, "m2": 80.0}),
    indicator("b", code="1.2", required={"m1": 50.0}),
    indicator("d", code="1.3", required={"m2": 5.0}),
)
NEW = version(
    "moi",
    indicator("a", code="1.1", required={"m1": 30.0, "m2": 90.0}),
    indicator("c", code="1.2", required={"m2": 50.0}),
    indicator("d", code="1.3", label="Sự cố", required={"m2": 5.0}),
    top="Toàn diện",
)


def comment(number="1", **fields):
    given = {
        "by": "Sở minh họa A",
        "group": "province",
        "about": "chung",
        "text": f"Góp ý {number}",
        "disposition": "explained",
        "reply": "Giữ nguyên.",
    }
    places = {key: f"hàng {number}, {key}" for key in (*given, "number", "changes")}
    return Comment(number, places=places, **{**given, **fields})


def accepted(number, *changes, **fields):
    return comment(number, disposition="accepted", changes=changes, **fields)


def register(*comments, **fields):
    asked = (Asked("province", 9, 9, 0, "nhóm tỉnh"),)
    return Register(comments, **{"asked": asked, "commented": OLD.id, **fields})


def said(found, severity="lỗi"):
    faults = check_register(found, OLD, [NEW]).faults
    return [f"{f.place}: {f.found}; {f.expected}" for f in faults if f.severity == severity]


@pytest.mark.parametrize(
    ("name", "targets"),
    [
        ("a", ["tree/a/required/m1", "tree/a/required/m2"]),
        ("1.1", ["tree/a/required/m1", "tree/a/required/m2"]),
        ("a ngưỡng", ["tree/a/required/m1", "tree/a/required/m2"]),
        ("a m2", ["tree/a/required/m2"]),
        ("1.1 Mức 2", ["tree/a/required/m2"]),
        ("a toàn diện", ["tree/a/required/m2"]),
        ("a Thích ứng", ["tree/a/required/m2"]),
        ("tree/a/required/m1", ["tree/a/required/m1"]),
        ("1.2", ["tree/b"]),  # the code of the version that was commented on
        ("c", ["tree/c"]),
        ("m2", ["levels/m2/label"]),
        ("d", ["tree/d/label"]),
        ("a m9", []),
        ("tree", []),
        ("", []),
    ],
)
def test_a_change_goes_by_the_names_that_people_write(name, targets):
    assert [change.target for change in revised(register(), OLD, NEW).named(name)] == targets


def test_every_change_of_content_has_a_name_of_its_own():
    side = revised(register(), OLD, NEW)
    assert [side.named(name) for name in side.names()] == [(change,) for change in side.changes]
    assert not any(change.target.endswith("/code") for change in side.changes)


def test_codes_are_those_of_the_version_commented_on():
    side = revised(register(commented=NEW.id), OLD, NEW)
    assert side.node("1.2") == "c"
    assert side.node("b") == "b"


def test_a_register_in_order_has_no_fault():
    held = register(accepted("1", "a"), accepted("2", "b", "c"), accepted("3", "d", "m2"))
    assert said(held) == said(held, "cảnh báo") == []


def test_faults_of_comments_are_said_all_at_once():
    held = register(
        comment("1", reply=""),
        comment("2", disposition=""),
        accepted("3"),
        comment("4", changes=("a",)),
        accepted("5", "a m3", "ngoài khung"),
        comment("6", about="1.9"),
        comment("7", about="c"),
        comment("8", text="góp  ý 7"),
        comment("8", group="expert"),
    )
    assert [line.partition(";")[0] for line in said(held)] == [
        "hàng 8, text: cùng một góp ý của cùng một chủ thể đã có ở hàng 7, text",
        "hàng 8, number: số “8” đã có ở hàng 8, number",
        "hàng 8, group: nhóm “chuyên gia” không được lấy ý kiến",
        "hàng 1, reply: góp ý chưa được trả lời",
        "hàng 2, disposition: góp ý chưa được phân loại",
        "hàng 3, changes: tiếp thu mà không nêu thay đổi nào",
        "hàng 4, changes: giải trình (không tiếp thu) mà nêu thay đổi",
        "hàng 5, changes: không có thay đổi “a m3” giữa hai phiên bản",
        "hàng 6, about: “1.9” không có trong phiên bản 1 (phiên bản được góp ý)",
        "hàng 7, about: “c” chỉ có ở phiên bản khác, không có trong phiên bản 1",
    ]
    assert said(held)[8].endswith('một tên đã biết (gần nhất: "1.3")')


def test_numbers_of_those_asked_must_agree():
    asked = (
        Asked("province", 3, 4, 0, "tỉnh"),
        Asked("expert", None, 2, 2, "chuyên gia"),
        Asked("expert", 5, 0, 0, "chuyên gia nữa"),
        Asked("pilot", 5, 2, 3, "xã"),
        Asked("firm", 0, 0, 0, "doanh nghiệp"),
    )
    held = register(comment("1", group="expert"), comment("2", group="firm"), asked=asked)
    assert [line.partition(";")[0] for line in said(held)] == [
        "tỉnh: 4 trả lời, chỉ 3 được lấy ý kiến",
        "chuyên gia: 2 thống nhất và 1 chủ thể góp ý, chỉ 2 trả lời",
        "chuyên gia nữa: nhóm “chuyên gia” đã có ở chuyên gia",
        "chuyên gia nữa: 0 thống nhất và 1 chủ thể góp ý, chỉ 0 trả lời",
        "xã: 3 thống nhất và 0 chủ thể góp ý, chỉ 2 trả lời",
        "doanh nghiệp: 0 thống nhất và 1 chủ thể góp ý, chỉ 0 trả lời",
        "hàng 2, group: nhóm “doanh nghiệp, hiệp hội” không được lấy ý kiến",
    ]


def test_a_change_without_comment_or_reason_is_a_warning():
    held = register(accepted("1", "a m1"), comment("2", about="b"), reasons=(Reason("c", "vì"),))
    warned = said(held, "cảnh báo")
    assert [line.partition(";")[0] for line in warned] == [
        "thay đổi của “Toàn diện”: chưa có góp ý hay lý do: levels/m2/label",
        "thay đổi của “b”: chưa có góp ý hay lý do: b",
        "thay đổi của “a”: chưa có góp ý hay lý do: a m2",
        "thay đổi của “Sự cố”: chưa có góp ý hay lý do: tree/d/label",
    ]
    assert unprompted(revised(held, OLD, NEW), held)["tree/c"] == "vì"


def test_a_reason_for_a_change_that_was_not_made_is_a_fault():
    held = register(reasons=(Reason("a m3", "vì", "trang Thay đổi, hàng 4"),))
    assert said(held)[0].startswith("trang Thay đổi, hàng 4: không có thay đổi “a m3”")


def test_counts_add_up_and_what_nobody_counted_stays_unknown():
    asked = (Asked("province", 9, 4, 1), Asked("citizen", None, 3, 2))
    comments = (comment("1"), accepted("2", "a"), comment("3", group="citizen", by="Ông B"))
    counts = register(*comments, asked=asked).counts()
    assert counts.loc["province"].tolist()[1:] == [9, 4, 1, 1, 2, 1, 0, 1]
    assert counts.loc["citizen"].isna()["asked"]
    assert counts.loc[""].tolist()[1:] == [9, 7, 3, 2, 3, 1, 0, 2]
    assert counts["comments"].iloc[:-1].sum() == counts[list(DISPOSITIONS)].iloc[-1].sum() == 3
    assert Register((), ()).counts().empty


def test_the_answer_to_a_comment_is_measured_first_and_last():
    reported = observe({"a": [40, 95], "b": [60, 0], "c": [0, 90], "d": [0, 0]}, KNOWN)
    comments = [
        accepted("1", "a m1"),
        accepted("2", "b"),
        accepted("3", "ngoài khung"),
        comment("4", about="b"),
    ]
    found = effects(revised(register(), OLD, NEW), comments, reported, KNOWN)
    assert sorted(found) == ["", "1", "2"]
    moves = {name: [(s.up, s.down) for s in (e.alone, e.last)] for name, e in found.items()}
    # Unit 0 gains the first level by the lower threshold, unit 1 both when b is dropped.
    assert moves["1"] == [(1, 0), (1, 0)]
    assert moves["2"] == [(1, 0), (1, 0)]
    assert moves[""] == [(2, 0), (2, 0)]
    assert found["1"].alone.total is None


def test_changes_that_cannot_stand_alone_are_said_to():
    moved = version("moi", indicator("a", required={"m1": 50.0}))
    new = moved.model_copy(
        update={"tree": group("goc", group("h", *moved.indicators, label="Nhóm mới"))}
    )
    reported = observe({"a": [60.0], "b": [0.0], "d": [0.0]}, KNOWN)
    side = revised(register(), OLD, new)
    found = effects(side, [accepted("1", "tree/a/parent"), accepted("2", "b")], reported, KNOWN)
    assert found["1"].alone is None
    assert found["2"].alone.up == 1


@pytest.mark.parametrize("seed", range(8))
def test_effects_are_two_assessments(seed):
    """Against the plain definition, on random levels with thresholds moved and items dropped."""
    rng = random.Random(seed)
    old, reported = random_levels(rng)
    known = {item.id: item for item in reported.concepts}
    items = [i.model_copy(update={"required": _moved(rng, i.required)}) for i in old.indicators]
    groups = [g.model_copy(update={"children": ()}) for g in old.groups[1:]]
    parts = [
        g.model_copy(update={"children": tuple(i for i in items if i.id in _ids(old, g.id))})
        for g in groups
    ]
    new = old.model_copy(update={"tree": old.tree.model_copy(update={"children": tuple(parts)})})
    held = Register((), (), commented=old.id)
    side = revised(held, old, new)
    comments = [accepted(str(at), name) for at, name in enumerate(side.names())]
    found = effects(side, comments, reported, known)
    assert len(found) == (len(comments) + 1 if comments else 0)
    for item in comments:
        try:
            alone = apply(old, answering(side, [item]))
        except Conflict:
            assert found[item.number].alone is None
            continue
        shift = assess(alone, reported).levels.level - assess(old, reported).levels.level
        measured = found[item.number].alone
        assert measured is None or (measured.up, measured.down) == (
            int((shift > 0).sum()),
            int((shift < 0).sum()),
        )


def _moved(rng, required):
    def one(value):
        return {k: one(v) for k, v in value.items()} if isinstance(value, dict) else value + move

    move = float(rng.choice([-2, 0, 3]))
    return {level: one(value) for level, value in required.items()}


def _ids(framework_, name):
    return {item.id for item in framework_.below(name)}


def test_changes_are_said_in_words():
    side = revised(register(), OLD, NEW)
    known = {name: KNOWN[name] for name in "abcd"}
    assert side.words(side.changes, known) == [
        "Toàn diện: “Thích ứng” thành “Toàn diện”",
        "b: bỏ",
        "c: thêm",
        "a: Khởi động ≥\xa050 → ≥\xa030; Toàn diện ≥\xa080 → ≥\xa090",
        "Sự cố: “d” thành “Sự cố”",
    ]
    assert side.words(side.named("a m1"), known, own="a") == ["Khởi động ≥\xa050 → ≥\xa030"]
    many = replace(side, new=version("moi", indicator("a", label="A", required={"m1": 1.0})))
    assert many.words(many.named("a"), known, own="b") == [
        "A: sửa tên gọi, mã số; sửa ngưỡng (2)",
    ]
