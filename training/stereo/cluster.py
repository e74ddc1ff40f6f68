"""The crew of a Ray cluster: an actor a GPU (or a CPU core), which holds a matcher and takes chunks.

Movies and output folder must be mounted at the same paths on all machines, each of which needs
plumb-depth[cluster].
Actors write their files themselves, exactly as the processes of one machine do.
"""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

from training.data.sample import DataError
from training.stereo.crew import Died, one_thread
from training.stereo.matchers import Matcher, MatcherSpec, build
from training.stereo.plan import Chunk
from training.stereo.work import Done, Failed, attempt

LOCAL = "local"


class Station:
    """One actor. The matcher is made with the first chunk, so that a fault in it is news like any other."""

    def __init__(self, spec: MatcherSpec, device: str) -> None:
        one_thread()
        self.spec, self.device = spec, device
        self.matcher: Matcher | None = None

    def extract(self, chunk: Chunk) -> Done | Failed:
        try:
            self.matcher = self.matcher or build(self.spec, self.device)
        except DataError as error:
            return Failed(str(error))
        return attempt(chunk, self.matcher)


class RayCrew:
    """address: "local" starts Ray on this machine, for this run; else that of a running cluster ("auto",
    "HOST:PORT", "ray://…"). size None: as many actors as the cluster has GPUs (raft) or cores."""

    def __init__(self, matcher: MatcherSpec, address: str, size: int | None) -> None:
        before = signal.getsignal(signal.SIGTERM)
        ray = connected(address, size)
        signal.signal(signal.SIGTERM, before)  # Ray puts its own in, which ends with another status
        self.ray, self.matcher = ray, matcher
        resources = ray.cluster_resources()
        gpus = int(resources.get("GPU", 0)) if matcher.name == "raft" else 0
        self.size = size or gpus or max(1, int(resources.get("CPU", 1)))
        # One actor a GPU is Ray's to see to: it waits with the next until one is free.
        share = {"num_gpus": 1, "num_cpus": 0} if gpus else {"num_cpus": 1}
        self.actor = ray.remote(Station).options(**share)
        self.device = "cuda:0" if gpus else "cpu"
        self.actors: dict[int, Any] = {}
        self.tasks: dict[Any, int] = {}
        self.started = 0

    def start(self) -> int:
        number, self.started = self.started, self.started + 1
        self.actors[number] = self.actor.remote(self.matcher, self.device)
        return number

    def give(self, worker: int, chunk: Chunk) -> None:
        self.tasks[self.actors[worker].extract.remote(chunk)] = worker

    def wait(self) -> list[tuple[int, Done | Failed | Died]]:
        ready, _ = self.ray.wait(list(self.tasks), num_returns=1)
        return [(number, self._news(number, task)) for task in ready for number in [self.tasks.pop(task)]]

    def _news(self, number: int, task: Any) -> Done | Failed | Died:
        try:
            news: Done | Failed = self.ray.get(task)
        except (self.ray.exceptions.RayActorError, self.ray.exceptions.ObjectLostError):
            del self.actors[number]
            return Died()
        return news

    def stop(self) -> None:
        for actor in self.actors.values():
            self.ray.kill(actor)
        self.actors.clear()
        self.ray.shutdown()


def connected(address: str, size: int | None) -> Any:
    """The module ray, connected; DataError where it is not installed or nobody answers."""
    try:
        import ray
    except ImportError as error:
        raise DataError(
            f"--ray {address}: Ray is not installed (pip install 'plumb-depth[cluster]')"
        ) from error
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    if address == LOCAL:
        root = str(Path(__file__).parents[2])  # also from a checkout that is not installed
        environment = {"env_vars": {"PYTHONPATH": root}}
        ray.init("local", num_cpus=size, include_dashboard=False, runtime_env=environment, **quiet)
        return ray
    try:
        ray.init(address, **quiet)
    except (ConnectionError, ValueError, RuntimeError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise DataError(f"--ray {address}: no cluster there ({reason})") from error
    return ray
