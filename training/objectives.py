"""What a run minimises, by the name that stands in its recipe: a loss, and the images it may be used on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from training import losses

# (log-disparity N×1×H×W, batch as training.data.mixture makes it) → N values
Objective = Callable[[Tensor, dict[str, Any]], Tensor]
Loss = Callable[[Tensor, Tensor, Tensor], Tensor]


def _of_log(loss: Loss, known: str) -> Objective:
    """`loss` against log-disparity, on the images whose flag `known` is set; 0 for the others."""

    def objective(prediction: Tensor, batch: dict[str, Any]) -> Tensor:
        disparity, usable = batch["disparity"], batch[known].view(-1, 1, 1, 1)
        valid = losses.has_logarithm(disparity, batch["valid"]) & usable
        return loss(prediction, disparity.log(), valid)

    return objective


def _ssi(prediction: Tensor, batch: dict[str, Any]) -> Tensor:
    return losses.ssi_pairwise_l1(prediction, batch["disparity"], batch["valid"])


def _mixture(prediction: Tensor, batch: dict[str, Any]) -> Tensor:
    return losses.mixture(prediction, batch["disparity"], batch["valid"], batch["uts"])


def _mixture_si4(prediction: Tensor, batch: dict[str, Any]) -> Tensor:
    """The mixture with the SI term four times: the SSI term is the larger by so much, and blind to the
    shift that figures up to scale depend on.
    """
    return _mixture(prediction, batch) + 3 * OBJECTIVES["si_pairwise_l1"](prediction, batch)


OBJECTIVES: dict[str, Objective] = {
    "mixture": _mixture,
    "mixture_si4": _mixture_si4,
    "ssi_pairwise_l1": _ssi,
    "si_pairwise_l1": _of_log(losses.si_pairwise_l1, "uts"),
    "si_pairwise_l2": _of_log(losses.si_pairwise_l2, "uts"),
    "si_pointwise_l1": _of_log(losses.si_pointwise_l1, "uts"),
    "si_pointwise_l2": _of_log(losses.si_pointwise_l2, "uts"),
    "absolute_pointwise_l1": _of_log(losses.absolute_pointwise_l1, "absolute"),
    "absolute_pointwise_l2": _of_log(losses.absolute_pointwise_l2, "absolute"),
}
