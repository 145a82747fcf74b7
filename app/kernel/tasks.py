"""Background work on an asyncio loop: every task has an owner that logs its failure and ends it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, TypeVar

_T = TypeVar("_T")
_LOG = logging.getLogger(__name__)


class TaskSet:
    """Owns tasks: a failed one is logged, all of them are cancelled and awaited on `close`.

    Use it as `async with TaskSet("name") as tasks:`. All calls belong to the thread of the running loop.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closed = False

    def __len__(self) -> int:
        return len(self._tasks)

    def spawn(self, work: Coroutine[Any, Any, _T], name: str) -> asyncio.Task[_T]:
        """Start work; RuntimeError once the set is closed (the coroutine is closed then, not leaked)."""
        if self._closed:
            work.close()
            raise RuntimeError(f"task set {self._name} is closed")
        task = asyncio.get_running_loop().create_task(work, name=f"{self._name}: {name}")
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        failure = task.exception()
        if failure is not None:
            _LOG.error("task %s failed", task.get_name(), exc_info=failure)

    async def close(self) -> None:
        """Cancel every task and wait until all have ended; a task of the set may call it and is spared
        itself.
        """
        self._closed = True
        others = [task for task in self._tasks if task is not asyncio.current_task()]
        await _end(others)

    async def __aenter__(self) -> TaskSet:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


async def _end(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def run_until_first_ends(works: dict[str, Coroutine[Any, Any, object]]) -> None:
    """Run works (name -> coroutine) side by side until one ends, then end the others.

    Raises what the first failed one raised; when this call is cancelled, all of them are ended first.
    """
    loop = asyncio.get_running_loop()
    tasks: list[asyncio.Task[object]] = [loop.create_task(work, name=name) for name, work in works.items()]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        ended = [task for task in tasks if task.done()]
    finally:
        for task in (
            tasks
        ):  # looked at before anything is awaited: this call may be cancelled while it ends the others
            if task.done() and not task.cancelled():
                task.exception()
        await _end([task for task in tasks if not task.done()])
        failures = {task: task.exception() for task in tasks if not task.cancelled()}
    first = next((task for task in ended if failures.get(task) is not None), None)
    for task, failure in failures.items():
        if failure is not None and task is not first:
            _LOG.debug("%s failed while it was ended: %r", task.get_name(), failure)
    if first is not None:
        first.result()
