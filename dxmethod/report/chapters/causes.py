"""Section VI: who gains and who loses, what stands at a bound, and which change did it."""

from __future__ import annotations

import pandas as pd

from ... import figures_progress as figures
from ...attribution import METHODS, WHOLE, Attribution, attribute, bundles, is_weighed, weighed
from ...attribution.games import Outcome
from ...comparison import Comparison
from ...differences.matching import match
from ...impact import blockers, by_group, by_stage, near_bounds, versions
from ...revision import Revision
from ...rounds import STAGE_LABELS
from ...seeds import rng
from ...vietnamese import number, signed
from ..blocks import Block, Column, Paragraph, figure, paragraph, subsection, table
from .common import computed, version

_GROUPS = {"stratum": "Khu vực", "province": "Tỉnh", "unit_class": "Loại đơn vị"}
_SHOWN = 10  # changes told one by one; the others are summed
_DRAWN = 8
_FEW = 30  # below this, a group's figures hang on a handful of units


def find_causes(comparison: Comparison, revision: Revision, seed: int = 0) -> Attribution:
    """Attribute the draft's effect to its changes: on levels, else bands, else ranks."""
    old, new = comparison.baseline.framework, comparison.draft.framework
    confirmed = revision.matches if new.id == revision.drafts[0].id else ()
    families = match(old, new, confirmed).families
    made = bundles(old, new, revision.file.bundles, [(*one.old, *one.new) for one in families])
    outcome: Outcome = "level" if comparison.levelled else "rank"
    known = comparison.baseline.observations.units
    by = "stratum" if outcome == "level" and "stratum" in known else None
    return attribute(comparison, made, outcome=outcome, by=by, rng=rng(seed, "attribution"))


def group_effects(comparison: Comparison, revision: Revision) -> list[Block]:
    """Table B16: effect by stratum, province and class of unit, and by who assesses."""
    known = comparison.baseline.observations.units
    parts: dict[str, pd.DataFrame] = {}
    for column, label in _GROUPS.items():
        if column in known and 1 < known[column].nunique() <= len(known) // 2:
            parts[label] = by_group(comparison, column)
    whole = pd.concat(parts) if parts else pd.DataFrame()
    if revision.round is not None and len(revision.round.stages) > 1:
        old, new = comparison.baseline.framework, comparison.draft.framework
        stages = by_stage(old, new, revision.round)
        stages.index = pd.Index([STAGE_LABELS[stage] for stage in stages.index])
        whole = pd.concat([whole, pd.concat({"Số liệu": stages})])
    if whole.empty:
        return []
    frame = whole.reset_index(names=["kind", "name"])
    last = frame[frame["name"] == "Cả mẫu"].index
    frame = frame.drop(index=last[:-1])  # the whole is the same for every attribute
    frame.loc[frame["name"] == "Cả mẫu", "kind"] = ""
    return [
        subsection("Tác động theo nhóm đơn vị"),
        _effect_table(frame, comparison, revision),
    ]


def _effect_table(frame: pd.DataFrame, comparison: Comparison, revision: Revision) -> Block:
    sides = [side.framework.version for side in (comparison.baseline, comparison.draft)]
    columns = [
        Column("kind", "Theo", width=12),
        Column("name", "Nhóm", width=18),
        Column("units", "Số đơn vị", "integer"),
    ]
    if comparison.levelled:
        columns += [
            Column("rose", "Lên mức", "integer"),
            Column("fell", "Xuống mức", "integer"),
            Column("mean_old", f"Mức bình quân ({sides[0]})", "decimal", 2),
            Column("mean_new", f"Mức bình quân ({sides[1]})", "decimal", 2),
        ]
    if comparison.ranked:
        digits = 4 if comparison.draft.framework.maximum <= 5 and not comparison.in_percent else 2
        columns += [
            Column("gained", "Tăng điểm", "integer"),
            Column("lost", "Giảm điểm", "integer"),
            Column("total_old", f"Điểm bình quân ({sides[0]})", "decimal", digits),
            Column("total_new", f"Điểm bình quân ({sides[1]})", "decimal", digits),
        ]
    caption = "Tác động theo khu vực, tỉnh, loại đơn vị và theo khâu đánh giá"
    few = frame.set_index("name")["units"]
    note = _few_said(few[~few.index.duplicated()])
    return table("B16", frame, columns, caption, source=computed(revision), note=note)


def _few_said(sizes: pd.Series) -> str:
    few = [str(name) for name, size in sizes.items() if size < _FEW]
    return f"Dưới {_FEW} đơn vị, đọc thận trọng: {', '.join(few)}." if few else ""


def bound_effects(comparison: Comparison, revision: Revision) -> list[Block]:
    """Table B15-3: values that rounding could carry over a bound of the draft."""
    found = near_bounds(comparison.draft)
    blocks: list[Block] = [subsection("Đơn vị sát ngưỡng")]
    if found.empty:
        said = "Không có giá trị nào lệch ngưỡng dưới nửa chữ số in ra."
        return [*blocks, paragraph(said)]
    hangs = found[found["decides"]]
    blocks.append(
        paragraph(
            f"{number(len(found))} giá trị lệch ngưỡng của dự thảo không quá nửa chữ số in ra (in "
            f"một chữ số thập phân); {number(len(hangs))} trong đó tự quyết định kết quả của đơn "
            "vị. Đây là chỗ thường có phúc tra, nên quy định làm tròn cần ghi rõ."
        )
    )
    shown = found.assign(
        passes=["đạt" if passed else "chưa đạt" for passed in found["passes"]],
        decides=["có" if decides else "không" for decides in found["decides"]],
    )
    columns = [
        Column("unit", "Mã", width=8),
        Column("name", "Đơn vị", width=18),
        Column("what", "Tiêu chí, xếp loại", width=34),
        Column("level", "Mức", width=10),
        Column("bound", "Ngưỡng", "decimal", 2),
        Column("value", "Giá trị", "decimal", 2),
        Column("passes", "Kết quả", width=9),
        Column("decides", "Quyết định kết quả", width=10),
    ]
    caption = f"Giá trị sát ngưỡng của {version(comparison.draft.framework).lower()}"
    return [*blocks, table("B15-3", shown, columns, caption, source=computed(revision))]


def blocker_shifts(comparison: Comparison, revision: Revision, limit: int = 15) -> list[Block]:
    """Table B16-4: what blocks the next level before, and after."""
    if not comparison.levelled:
        return []
    found = blockers(comparison)
    found = found[found[["blocked_old", "blocked_new"]].fillna(0).sum(axis=1) > 0].head(limit)
    columns = [
        Column("label", "Tiêu chí", width=44),
        *(
            Column(f"{kind}_{side}", f"{word} ({held.framework.version})", "integer")
            for kind, word in (("blocked", "Chặn"), ("alone", "Chặn một mình"))
            for side, held in (("old", comparison.baseline), ("new", comparison.draft))
        ),
    ]
    caption = f"{number(len(found))} tiêu chí chặn mức kế tiếp của nhiều đơn vị nhất"
    note = "Dấu gạch: phiên bản không có tiêu chí này, hoặc không đặt ngưỡng."
    return [
        table(
            "B16-4", found, columns, caption, unit="đơn vị", source=computed(revision), note=note,
            detail=True,
        )
    ]  # fmt: skip


def several_drafts(revision: Revision) -> list[Block]:
    """Table B14-2: every draft beside the version in force, where there is more than one."""
    if len(revision.drafts) < 2 or revision.observations is None:
        return []
    frame = versions(revision.frameworks, revision.observations)
    columns = [
        Column("version", "Phiên bản", width=24),
        Column("indicators", "Số chỉ tiêu", "integer"),
        *(
            Column(name, f"Từ mức {name[3:]} trở lên", "integer")
            for name in frame.columns
            if name.startswith("at_")
        ),
        Column("mean", "Bình quân", "decimal", 3),
        *(
            Column(name, label, "integer")
            for name, label in (("rose", "Lên"), ("fell", "Xuống"))
            if name in frame
        ),
    ]
    caption = "Các dự thảo bên cạnh bản hiện hành"
    return [
        subsection("Các dự thảo"),
        table("B14-2", frame, columns, caption, unit="đơn vị", source=computed(revision)),
    ]


# Which change did it.


def causes(found: Attribution, revision: Revision, seed: int = 0) -> list[Block]:
    """Tables B17 and figure H5-1: contribution of each change, by level or to each unit's rank."""
    if not found.bundles.players:
        return []
    blocks: list[Block] = [subsection("Thay đổi nào gây ra"), _method_said(found)]
    if found.outcome == "level":
        return [*blocks, level_causes(found, revision), *focus(found, revision)]
    return [*blocks, *rank_causes(found, revision, seed)]


def _method_said(found: Attribution) -> Paragraph:
    players = len(found.bundles.players)
    sure = (
        f"lấy {number(found.evaluations)} tổ hợp, kèm sai số chuẩn"
        if found.method == "sampling"
        else "không lấy mẫu"
    )
    return paragraph(
        f"Dự thảo gồm {number(players)} gói thay đổi, mỗi gói áp dụng riêng được và vẫn cho một "
        "khung hợp lệ. Đóng góp của một gói là trung bình tác động khi nó được thêm vào, lấy trên "
        "mọi thứ tự (giá trị Shapley), nên cộng các gói được đúng toàn bộ thay đổi. Cột “riêng nó” "
        "là tác động khi chỉ đổi gói ấy; cộng cột này thường khác toàn bộ thay đổi, vì một đơn vị "
        f"có thể trượt do nhiều gói cùng lúc. Cách tính: {METHODS[found.method]}, {sure}. Giá trị "
        "chưa rõ tính là không đạt."
    )


def level_causes(found: Attribution, revision: Revision) -> Block:
    """Table B17: contribution of each change to the units at every level or above."""
    levels = found.comparison.draft.framework.levels
    frame = found.among().rename(columns=lambda place: f"at{place}")
    frame["alone"] = found.among(part="alone").sum(axis=1)
    order = frame.drop(columns="alone").abs().sum(axis=1)
    frame = frame.loc[order.sort_values(ascending=False, kind="stable").index]
    if found.error is not None:
        frame["error"] = found.among(part="error").max(axis=1)
    rows = _summed_up(frame, found)
    columns = [
        Column("label", "Gói thay đổi", width=44),
        *(
            Column(f"at{place}", f"{level.label} trở lên", "shift", 1)
            for place, level in enumerate(levels, 1)
        ),
        Column("alone", "Riêng nó, cộng các mức", "shift", 0),
        *([Column("error", "Sai số chuẩn lớn nhất", "decimal", 2)] if "error" in frame else []),
    ]
    caption = "Đóng góp của từng thay đổi vào số đơn vị đạt từ mỗi mức trở lên"
    return table("B17", rows, columns, caption, unit="đơn vị", source=computed(revision))


def _summed_up(frame: pd.DataFrame, found: Attribution, limit: int = _SHOWN) -> pd.DataFrame:
    """The first rows under their labels, the others as one, and the sum of all."""
    labels = {player.id: f"{player.verb}: {player.label}" for player in found.bundles.players}
    rows = frame.head(limit).copy()
    rows.insert(0, "label", [labels[str(name)] for name in rows.index])
    rest, whole = frame.iloc[limit:].sum(), frame.sum()
    if len(frame) > limit:
        rows.loc[" "] = {"label": f"{number(len(frame) - limit)} gói còn lại", **rest}
    rows.loc[""] = {"label": "Cộng cả dự thảo", **whole}
    unsummed = [name for name in ("error", "largest") if name in rows]
    rows.loc[[name for name in (" ", "") if name in rows.index], unsummed] = float("nan")
    return rows


def focus(found: Attribution, revision: Revision) -> list[Block]:
    """Table B17-1 and figure H6-2: which changes cost a group a level, as the revision asks.

    Without `focus` in the revision file: the middle level, and the group that loses most there.
    """
    levels = found.comparison.draft.framework.levels
    asked = revision.file.focus
    names = [level.id for level in levels]
    place = (
        names.index(asked.level) + 1 if asked and asked.level in names else (len(names) + 1) // 2
    )
    groups = list(found.sizes.index)
    group = asked.stratum if asked and asked.stratum in groups else WHOLE
    held = found.at(place, group)
    label = levels[place - 1].label
    where = "cả mẫu" if group == WHOLE else group
    blocks: list[Block] = [
        subsection(f"Mức {label} ở {where}: thay đổi nào làm mất, thay đổi nào mang lại"),
        _focus_said(found, place, group, held),
    ]
    order = ["shapley", "broken"] if "broken" in held else ["shapley"]
    worst = held.sort_values(order, ascending=[True, False][: len(order)], kind="stable")
    costly = worst[(worst[order[-1]] > 0) if "broken" in held else (worst["shapley"] < 0)].head(5)
    giving = held[held["shapley"] > 0].head(5)
    rows = pd.concat([costly, giving.loc[giving.index.difference(costly.index, sort=False)]])
    if rows.empty:
        return blocks
    rows = rows.assign(label=_verbs(found, rows.index))
    columns = [
        Column("label", "Gói thay đổi", width=44),
        Column("shapley", "Đóng góp", "shift", 2),
        Column("alone", "Riêng nó", "shift", 0),
        Column("last", "Thêm sau cùng", "shift", 0),
        *(
            Column(name, said, "integer")
            for name, said in (
                ("sole", "Nguyên nhân duy nhất"),
                ("few", "Một trong 2–3"),
                ("many", "Một trong nhiều"),
                ("broken", "Mới trượt vì nó"),
                ("lifted", "Mới đạt nhờ nó"),
            )
            if name in rows
        ),
    ]
    caption = f"Năm thay đổi làm mất và năm thay đổi mang lại mức {label} nhiều nhất, {where}"
    note = (
        "Ba cột giữa đếm đơn vị thật sự đổi kết quả: gói là nguyên nhân duy nhất, một trong hai, "
        "ba nguyên nhân, hay một trong nhiều nguyên nhân. Hai cột cuối đếm cả đơn vị còn trượt vì "
        "tiêu chí khác: với chúng, riêng gói này chưa đổi được kết quả."
        if "sole" in rows
        else ""
    )
    made = table(
        "B17-1", rows, columns, caption, unit="đơn vị", source=computed(revision), note=note
    )
    if not held["shapley"].any():
        return [*blocks, made]
    return [*blocks, made, _focus_figure(found, place, group, held, revision)]


def _verbs(found: Attribution, ids: pd.Index) -> list[str]:
    labels = {player.id: f"{player.verb}: {player.label}" for player in found.bundles.players}
    return [labels[str(name)] for name in ids]


def _focus_said(found: Attribution, place: int, group: str, held: pd.DataFrame) -> Paragraph:
    column = (group, place)
    before, after = (int(side[column]) for side in (found.start, found.end))
    size = int(found.sizes[group])
    lost = float(held.loc[held["shapley"] < 0, "shapley"].sum())
    won = float(held.loc[held["shapley"] > 0, "shapley"].sum())
    said = (
        f"Trên {number(size)} đơn vị, số đạt mức này trở lên chuyển từ {number(before)} sang "
        f"{number(after)}: các thay đổi làm mất cộng lại {signed(lost, 1)}, các thay đổi mang lại "
        f"{signed(won, 1)}."
    )
    if found.causes is not None:
        here = found.causes
        here = here[(here["group"] == group) & (here["place"] == place)]
        for way, word in (("down", "xuống khỏi"), ("up", "lên")):
            alone = int(here.loc[here["direction"] == way, "sole"].sum())
            who = f"{number(alone)} đơn vị" if alone else "Không đơn vị nào"
            said += f" {who} {word} mức vì một thay đổi duy nhất."
    if size < _FEW:
        said += f" Nhóm chỉ có {number(size)} đơn vị: mỗi đơn vị làm con số đổi đáng kể."
    return paragraph(said)


def _focus_figure(
    found: Attribution, place: int, group: str, held: pd.DataFrame, revision: Revision
) -> Block:
    parts = held["shapley"][held["shapley"] != 0]
    shown = parts.head(_DRAWN)
    named = pd.Series(shown.to_numpy(), index=pd.Index(_verbs(found, shown.index)))
    if len(parts) > len(shown):
        named[f"{number(len(parts) - len(shown))} gói khác"] = parts.iloc[_DRAWN:].sum()
    comparison = found.comparison
    label = comparison.draft.framework.levels[place - 1].label
    where = "" if group == WHOLE else f", {group}"
    drawing = figures.waterfall(
        float(found.start[group, place]),
        named,
        float(found.end[group, place]),
        version(comparison.baseline.framework),
        version(comparison.draft.framework),
        f"Số đơn vị đạt mức {label} trở lên{where}",
        decimals=1,
        simulated=comparison.draft.observations.simulated,
    )
    caption = f"Từ bản hiện hành đến dự thảo: số đơn vị đạt mức {label} trở lên{where}"
    return figure("H6-2", drawing, caption, unit="đơn vị", source=computed(revision))


def rank_causes(found: Attribution, revision: Revision, seed: int = 0) -> list[Block]:
    """Tables B17, B17-2 and B17-3: contributions to totals and to each unit's rank shift."""
    comparison = found.comparison
    totals = attribute(comparison, found.bundles, outcome="total", rng=rng(seed, "totals"))
    digits = 5 if comparison.draft.framework.maximum <= 5 and not comparison.in_percent else 3
    frame = pd.DataFrame(
        {
            "mean": totals.shapley.mean(axis=1),
            "largest": totals.shapley.abs().max(axis=1),
            "places": found.shapley.abs().mean(axis=1),
        }
    ).sort_values("largest", ascending=False, kind="stable")
    rows = _summed_up(frame, found)
    rows.loc[rows.index.isin([" ", ""]), "places"] = float("nan")
    columns = [
        Column("label", "Gói thay đổi", width=44),
        Column("mean", "Đóng góp bình quân vào tổng", "shift", digits),
        Column("largest", "Lớn nhất ở một đơn vị", "decimal", digits),
        Column("places", "Bậc hạng bình quân", "decimal", 2),
    ]
    caption = "Đóng góp của từng thay đổi vào tổng và thứ hạng"
    blocks: list[Block] = [table("B17", rows, columns, caption, source=computed(revision))]
    blocks += _rank_shifts_explained(found, revision)
    if is_weighed(comparison.baseline.framework) and is_weighed(comparison.draft.framework):
        blocks.append(_weights_explained(comparison, revision, digits))
    return blocks


def _rank_shifts_explained(found: Attribution, revision: Revision) -> list[Block]:
    """Table B17-2: every unit whose rank moves, and by which change."""
    units = found.comparison.units
    moved = units[units["rank_shift"] != 0].sort_values(
        ["rank_shift", "rank_new"], ascending=[False, True], kind="stable"
    )
    if moved.empty:
        return []
    told = found.shapley.loc[:, moved.index]
    strongest = told.abs().sum(axis=1).sort_values(ascending=False, kind="stable").index[:5]
    frame = moved[["name", "rank_old", "rank_new", "rank_shift"]].copy()
    columns = [
        Column("name", "Đơn vị", width=18),
        Column("rank_old", "Hạng cũ", "integer"),
        Column("rank_new", "Hạng mới", "integer"),
        Column("rank_shift", "Bậc thay đổi", "shift"),
    ]
    labels = dict(zip(found.shapley.index, _verbs(found, found.shapley.index), strict=True))
    for place, name in enumerate(strongest):
        frame[f"by{place}"] = told.loc[name]
        columns.append(Column(f"by{place}", labels[name], "shift", 2))
    if len(told) > len(strongest):
        frame["rest"] = told.drop(index=strongest).sum()
        columns.append(Column("rest", "Các gói khác", "shift", 2))
    caption = "Vì sao từng đơn vị đổi hạng: số bậc do mỗi thay đổi"
    note = "Dương là tăng hạng. Cộng theo hàng được đúng số bậc thay đổi."
    made = table(
        "B17-2", frame, columns, caption, unit="bậc", source=computed(revision), note=note,
        landscape=len(columns) > 8,
    )  # fmt: skip
    return [made]


def _weights_explained(comparison: Comparison, revision: Revision, digits: int) -> Block:
    """Table B17-3: each unit's shift in total, by the weight of each indicator."""
    parts = weighed(comparison)
    labels = {
        item.id: item.label
        for side in (comparison.baseline, comparison.draft)
        for item in side.framework.indicators
    }
    order = parts.abs().sum().sort_values(ascending=False, kind="stable").index
    kept = [name for name in parts.columns if name in set(order[:9]) and parts[name].any()]
    frame = comparison.units[["name", "total_shift"]].join(parts[kept].add_prefix("w-"))
    frame = frame.sort_values("total_shift", kind="stable")
    columns = [
        Column("name", "Đơn vị", width=16),
        *(Column(f"w-{name}", labels[name], "shift", digits) for name in kept),
        Column("total_shift", "Cộng", "shift", digits),
    ]
    caption = (
        "Thay đổi tổng của từng đơn vị, tách theo tỷ trọng mới trừ tỷ trọng cũ của từng chỉ tiêu"
    )
    note = (
        "Mỗi ô bằng hiệu hai tỷ trọng nhân giá trị của đơn vị; cộng theo hàng được đúng thay đổi "
        "của tổng. Bỏ một chỉ tiêu làm tỷ trọng của mọi chỉ tiêu khác tăng theo."
    )
    return table(
        "B17-3",
        frame,
        columns,
        caption,
        source=computed(revision),
        note=note,
        landscape=True,
        detail=True,
    )


def measured(revision: Revision, draft: str = "", seed: int = 0) -> dict[str, str] | None:
    """Say what each change did to the units of a revision; None where nothing was observed."""
    if revision.observations is None:
        return None
    return effect_words(find_causes(revision.compare(draft), revision, seed))


def effect_words(found: Attribution) -> dict[str, str]:
    """What each changed target did, in a few words for the column beside the reason.

    Returns
    -------
    dict of str to str
        By id of every indicator, level or convention that some bundle touches.
    """
    words: dict[str, str] = {}
    for player in found.bundles.players:
        values = pd.Series(found.shapley.loc[player.id])
        if found.outcome == "level":
            levels = found.comparison.draft.framework.levels
            here = values[WHOLE]
            told = [
                f"{level.label} {signed(here[place], 1)}"
                for place, level in enumerate(levels, 1)
                if abs(here.get(place, 0.0)) >= 0.05
            ]
            said = "; ".join(told) if told else "không đơn vị nào đổi mức"
        else:
            said = f"đổi bình quân {number(float(values.abs().to_numpy().mean()), 2)} bậc"
        words |= dict.fromkeys([player.id, *sorted(player.nodes)], said)
    return words
