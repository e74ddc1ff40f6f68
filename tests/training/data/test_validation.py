from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from training.data.validation import held_out_scenes, part

SCENES = st.lists(st.integers(0, 40).map(str), max_size=400)


@given(SCENES)
def test_parts_are_whole_and_share_no_scene(scenes: list[str]) -> None:
    train, held_out = part(scenes, scenes, False), part(scenes, scenes, True)
    assert sorted([*train, *held_out]) == sorted(scenes)
    assert not set(train) & set(held_out)
    assert len(held_out) <= max(round(len(scenes) / 20), len(scenes) / 10)


@given(SCENES)
def test_the_order_of_images_decides_nothing(scenes: list[str]) -> None:
    assert held_out_scenes(scenes) == held_out_scenes(scenes[::-1])


def test_one_in_twenty_is_held_out() -> None:
    assert len(held_out_scenes([str(i) for i in range(1000)])) == 50


def test_few_large_scenes_give_up_the_smallest_or_none() -> None:
    assert held_out_scenes(["a"] * 20 + ["b"] * 4 + ["c"] * 26) == {"b"}  # 8 %
    assert held_out_scenes(["a"] * 20 + ["b"] * 9 + ["c"] * 21) == frozenset()  # 18 %
    assert held_out_scenes([]) == frozenset()
