"""Deploy: starts a suite step by step until it is ready, and ends it in the reverse order."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import TypeVar

import httpx

from deploy.launcher import bus_setup, programs
from deploy.launcher.folder import REPOSITORY, Folder, Suite
from deploy.launcher.programs import Plan, Ports
from deploy.launcher.supervisor import Program, Report, Supervised
from deploy.launcher.tokens import keep_tokens
from services.kit.database.provisioning import migrate, provision
from services.kit.local.postgres import Postgres

T = TypeVar("T")


class Launch:
    """One run of a suite in a folder that this process holds."""

    def __init__(self, folder: Folder, bus: str, ports: Ports, report: Report) -> None:
        self._folder = folder
        self._report = report
        self._supervised: list[Supervised] = []
        self._plan = Plan(folder, ports, Postgres(folder.path / "postgres"), bus)
        self._ready = False

    async def run(self, stop: asyncio.Event, on_ready: Callable[[Suite], None]) -> None:
        """Starts everything, stays until `stop` is set, ends everything. Errors: `NotStarted`, after ending what had
        been started."""
        async with AsyncExitStack() as on_leaving:
            starting = asyncio.create_task(self._start(on_leaving))
            stopping = asyncio.create_task(stop.wait())
            try:
                await asyncio.wait([starting, stopping], return_when=asyncio.FIRST_COMPLETED)
                if starting.done():
                    await starting
                    on_ready(self.suite)
                    await stopping
            finally:
                self._ready = False
                for task in (starting, stopping):
                    task.cancel()
                await asyncio.gather(starting, stopping, return_exceptions=True)
                self._report("Stopping")
        self._plan.postgres.tidy()

    def hurry(self) -> None:
        """Kills what still runs, when the launcher is asked a second time to stop."""
        for supervised in self._supervised:
            supervised.hurry()

    @property
    def suite(self) -> Suite:
        """The content of `suite.json`."""
        plan = self._plan
        return Suite(
            bus=plan.bus,
            folder=str(self._folder.path),
            launcher=os.getpid(),
            gateway=plan.ports.url("gateway"),
            identity=plan.ports.url("identity"),
            addresses={name: plan.ports.url(name) for name in programs.APPS},
            processes={running.program.name: running.pid for running in self._supervised if running.pid is not None},
            databases={name: plan.postgres.url(name) for name in self._databases()},
            bootstrap=plan.bootstrap,
        )

    def _databases(self) -> tuple[str, ...]:
        return programs.SERVICES if self._plan.bus == "kafka" else (*programs.SERVICES, bus_setup.DATABASE)

    async def _start(self, on_leaving: AsyncExitStack) -> None:
        plan = self._plan
        http = await on_leaving.enter_async_context(httpx.AsyncClient(timeout=3, trust_env=False))
        await self._step("PostgreSQL 18", self._up([programs.postgres(plan.postgres)], on_leaving))
        if plan.postgres.files != plan.postgres.folder:
            self._report(
                f"    (its files are in {plan.postgres.files}: its user could not reach {plan.postgres.folder})"
            )
        if plan.bus == "kafka":
            await self._step("Apache Kafka", self._up([bus_setup.kafka(plan)], on_leaving))
        await self._step("topics", bus_setup.make_topics(plan))
        await self._step("databases, roles and migrations", self._migrate())
        await self._step("token issuer, services, gateway", self._up(programs.apps(plan, http), on_leaving))
        await self._step("workers", self._up(programs.workers(plan), on_leaving))
        self._ready = True
        self._write_suite()
        await on_leaving.enter_async_context(keep_tokens(self._folder, plan.ports.url("identity"), http))

    async def _step(self, name: str, work: Awaitable[T]) -> T:
        began = time.monotonic()
        result = await work
        self._report(f"  {name:<34} {time.monotonic() - began:5.1f} s")
        return result

    async def _up(self, started: Sequence[Program], on_leaving: AsyncExitStack) -> None:
        """Starts programs together. They are stopped together too, before all that were started earlier."""
        group = [
            Supervised(program, self._folder.fresh_log(program.name), self._report, self._write_suite)
            for program in started
        ]
        self._supervised.extend(group)
        on_leaving.push_async_callback(_stop_all, group)
        tasks = [asyncio.create_task(supervised.start()) for supervised in group]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _migrate(self) -> None:
        server = self._plan.postgres
        for service in programs.SERVICES:
            await provision(server.url("postgres"), service)
            await migrate(REPOSITORY / f"{service}-service", server.url(service, f"{service}_owner"))

    def _write_suite(self) -> None:
        if self._ready:
            self._folder.write_suite(self.suite)


async def _stop_all(group: Sequence[Supervised]) -> None:
    await asyncio.gather(*(supervised.stop() for supervised in group))
