"""Matchers: two pictures of a stereo pair → disparity of both.

disparity(x, y) = x_left − x_right in pixels, positive for points before the plane of zero parallax and
negative behind it; movies have both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from training.data.sample import DataError
from training.stereo.filters import Disparity, Mask, agreement, without_speckles
from training.stereo.layouts import Picture

if TYPE_CHECKING:
    from torch import nn


class Matcher(Protocol):
    def disparities(self, left: Picture, right: Picture) -> tuple[Disparity, Disparity]:
        """Of the left and of the right picture, H×W float32 each, NaN where there is none."""
        ...


@dataclass(frozen=True)
class MatcherSpec:
    """A matcher by name, with all that its result depends on."""

    name: str
    agreement_px: float
    weights: str | None = None
    range_px: tuple[int, int] | None = None  # searched by sgbm; None: found for each pair


# Both directions of a valid pixel differ by less. 8 px is the paper's, for RAFT. Semi-global matching places
# what it matches to a fraction of a pixel: 2 px costs it 1 to 2 points of coverage and takes out a tenth of
# the errors above 3 px (KITTI 2015, Middlebury).
AGREEMENT_PX = {"raft": 8.0, "sgbm": 2.0}
SPECKLE_PX = {"raft": 0, "sgbm": 100}


def build(spec: MatcherSpec, device: str = "cpu") -> Matcher:
    """The matcher; DataError for weights that do not fit."""
    return MATCHERS[spec.name](spec, device)


def match_pair(
    left: Picture, right: Picture, matcher: Matcher, agreement_px: float = 2.0, speckle_px: int = 100
) -> tuple[Disparity, Mask]:
    """Disparity of the left picture, H×W (0 where invalid), and where it is valid: both directions agree
    and the spot is no speckle. Raises ValueError for pictures of different sizes."""
    if left.shape != right.shape:
        raise ValueError(f"left {left.shape} and right {right.shape} differ in size")
    forward, backward = matcher.disparities(left, right)
    valid = agreement(forward, backward) < agreement_px
    valid = without_speckles(forward, valid, speckle_px)
    return np.where(valid, forward, np.float32(0)), valid


# --- semi-global matching

COARSE_WIDTH = 320  # of the search for the range
COARSE_REACH = 0.25  # of the width, to either side
COARSE_QUANTILES = (0.002, 0.998)
COARSE_SPECKLE_PX = 100
BLOCK_PX, MEDIAN_PX = 5, 5


@dataclass(frozen=True)
class Cost:
    """OpenCV's P1 and P2 for one pixel of a block, and its uniquenessRatio (percent)."""

    small_step: int
    large_step: int
    uniqueness: int


FINE = Cost(8, 32, 5)
COARSE = Cost(8, 64, 25)  # few matches, but right ones: one wrong patch would widen the range tenfold


@dataclass(frozen=True)
class Sgbm:
    """OpenCV's semi-global block matching, to 1/16 px; its parameters are chosen on the training pairs of
    KITTI 2015 and looked at on Middlebury. The right map comes from the mirrored pair: so both are
    computed alike. range_px: lowest and highest disparity; None finds it on a small copy of each pair.

    H. Hirschmüller, "Stereo Processing by Semiglobal Matching and Mutual Information", PAMI 2008.
    """

    range_px: tuple[int, int] | None = None

    def disparities(self, left: Picture, right: Picture) -> tuple[Disparity, Disparity]:
        import cv2

        first, second = (cv2.cvtColor(eye, cv2.COLOR_RGB2GRAY) for eye in (left, right))
        low, high = self.range_px or search_range(first, second)
        return _both(first, second, low, high, FINE)


def search_range(left: Picture, right: Picture) -> tuple[int, int]:
    """Lowest and highest disparity of two grey pictures, with a margin, from a small copy of them.

    The copy is searched over a quarter of the width to either side; outliers (0.2 %) do not count.
    """
    import cv2

    factor = max(1, -(-left.shape[1] // COARSE_WIDTH))
    size = (max(16, left.shape[1] // factor), max(16, left.shape[0] // factor))
    first, second = (cv2.resize(eye, size, interpolation=cv2.INTER_AREA) for eye in (left, right))
    reach = int(size[0] * COARSE_REACH)
    forward, backward = _both(first, second, -reach, reach, COARSE)
    valid = without_speckles(forward, agreement(forward, backward) < 1, COARSE_SPECKLE_PX, step_px=1)
    if not valid.any():
        return -16, 16  # nothing to match anywhere: the frame will be dropped
    low, high = np.quantile(forward[valid], COARSE_QUANTILES) * factor
    margin = 2 * factor + 0.1 * (high - low)
    return int(np.floor(low - margin)), int(np.ceil(high + margin))


def _both(left: Picture, right: Picture, low: int, high: int, cost: Cost) -> tuple[Disparity, Disparity]:
    first, second = (np.ascontiguousarray(eye[:, ::-1]) for eye in (right, left))
    return _one_way(left, right, low, high, cost), _one_way(first, second, low, high, cost)[:, ::-1]


def _one_way(left: Picture, right: Picture, low: int, high: int, cost: Cost) -> Disparity:
    """Disparity of `left` within [low, high]; NaN where OpenCV finds none.

    OpenCV leaves out the columns whose search would pass the edge; so both pictures are continued there.
    What then matches outside the picture is dropped by the check of both directions.
    """
    import cv2

    count = max(16, -(-(high - low + 1) // 16) * 16)
    before, behind = max(0, low + count), max(0, -low)
    wide = (cv2.copyMakeBorder(e, 0, 0, before, behind, cv2.BORDER_REPLICATE) for e in (left, right))
    matcher = cv2.StereoSGBM.create(
        minDisparity=low, numDisparities=count, blockSize=BLOCK_PX, P1=cost.small_step * BLOCK_PX**2,
        P2=cost.large_step * BLOCK_PX**2, disp12MaxDiff=-1, preFilterCap=31,
        uniquenessRatio=cost.uniqueness, mode=cv2.STEREO_SGBM_MODE_SGBM_3WAY,
    )  # fmt: skip
    fixed = matcher.compute(*wide)[:, before : before + left.shape[1]]
    none = (low - 1) * 16  # OpenCV's mark
    smooth = cv2.medianBlur(np.ascontiguousarray(fixed), MEDIAN_PX)
    found = (fixed > none) & (smooth > none)
    return np.where(found, smooth / np.float32(16), np.float32(np.nan)).astype(np.float32)


# --- RAFT

FLOW_UPDATES = 24  # as RAFT's own evaluation on KITTI
SMALLEST_RAFT_PX = 128  # its pyramid of four levels at 1/8


@dataclass(frozen=True)
class Raft:
    """Optical flow from left to right and back; disparity is minus its horizontal part (plus, backwards).

    Teed and Deng, "RAFT: Recurrent All-Pairs Field Transforms for Optical Flow", ECCV 2020, as torchvision
    implements it.
    """

    network: nn.Module
    device: str
    updates: int = FLOW_UPDATES

    def disparities(self, left: Picture, right: Picture) -> tuple[Disparity, Disparity]:
        return -self.horizontal_flow(left, right), self.horizontal_flow(right, left)

    def horizontal_flow(self, source: Picture, target: Picture) -> Disparity:
        import torch

        height, width = source.shape[:2]
        with torch.inference_mode():
            images = (_network_input(eye).to(self.device) for eye in (source, target))
            flow = self.network(*images, num_flow_updates=self.updates)[-1]
            horizontal: Disparity = flow[0, 0, :height, :width].float().cpu().numpy()
            return horizontal


def _network_input(picture: Picture) -> Any:
    """1×3×H'×W' in −1…1; continued to a multiple of 8, at least 128, to the right and below."""
    import torch

    tensor = torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)[None].float() / 127.5 - 1
    sides = picture.shape[:2]
    missing = [max(SMALLEST_RAFT_PX, -(-side // 8) * 8) - side for side in sides]
    return torch.nn.functional.pad(tensor, (0, missing[1], 0, missing[0]), mode="replicate")


def build_raft(spec: MatcherSpec, device: str) -> Raft:
    from torchvision.models.optical_flow import Raft_Large_Weights, raft_large

    if spec.weights is None:
        raise DataError("raft has no weights: name a file of torchvision's raft_large, or 'torchvision'")
    network = raft_large(weights=None)
    if spec.weights == "torchvision":
        network.load_state_dict(Raft_Large_Weights.DEFAULT.get_state_dict(progress=False, check_hash=True))
    else:
        _load(network, Path(spec.weights))
    return Raft(network.eval().to(device), device)


def _load(network: nn.Module, path: Path) -> None:
    import pickle

    import torch

    if not path.is_file():
        raise DataError(f"{path}: no such file of weights")
    try:
        network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except (RuntimeError, pickle.UnpicklingError, EOFError, TypeError, AttributeError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise DataError(f"{path}: not the weights of torchvision's raft_large ({reason})") from error


MATCHERS: dict[str, Callable[[MatcherSpec, str], Matcher]] = {
    "raft": build_raft,
    "sgbm": lambda spec, device: Sgbm(spec.range_px),
}
