"""What users of the published Python client do with images and snapshots, against the platform of the environment."""

import asyncio

from daytona import (
    AsyncDaytona,
    CreateSandboxFromImageParams,
    CreateSandboxFromSnapshotParams,
    CreateSnapshotParams,
    Daytona,
    Image,
    Resources,
    Sandbox,
)
from daytona.common.errors import DaytonaError, DaytonaNotFoundError


def run(sandbox: Sandbox, command: str) -> str:
    answer = sandbox.process.exec(command)
    assert answer.exit_code == 0, f"{command}: {answer.result}"
    return answer.result.strip()


def refused(call, kind: type[Exception] = DaytonaError) -> str:
    try:
        call()
    except kind as error:
        return str(error)
    raise AssertionError("it was not refused")


daytona = Daytona()

told: list[str] = []
image = Image.base("sandyard/default").env({"MADE_BY": "py"}).run_commands("echo step >$HOME/step", "echo told; sleep 1")
params = CreateSandboxFromImageParams(image=image, resources=Resources(cpu=1, memory=1, disk=4))
sandbox = daytona.create(params, timeout=120, on_snapshot_create_logs=told.append)
assert "told" in "\n".join(told), told
assert (sandbox.state, sandbox.disk) == ("started", 4)
assert run(sandbox, "cat $HOME/step; echo $MADE_BY") == "step\npy"
again = daytona.create(params, timeout=120)
assert run(again, "cat $HOME/step") == "step"
for each in (sandbox, again):
    each.delete()
print("a sandbox of an image, its log, and another one of the same build")

failing = Image.base("sandyard/default").run_commands("echo before the fall; exit 3")
told.clear()
message = refused(
    lambda: daytona.create(
        CreateSandboxFromImageParams(image=failing), timeout=60, on_snapshot_create_logs=told.append
    )
)
assert "exit code 3" in message, message
for each in daytona.list():
    each.delete()
print("a build that fails says why")

told.clear()
snapshot = daytona.snapshot.create(
    CreateSnapshotParams(name="py/kind:1", image=image, resources=Resources(cpu=2, memory=2, disk=5)),
    on_logs=told.append,
    timeout=120,
)
assert (snapshot.state, snapshot.cpu, snapshot.mem, snapshot.disk) == ("active", 2, 2, 5)
assert daytona.snapshot.get("py/kind:1").id == snapshot.id
assert {each.name for each in daytona.snapshot.list().items} == {"py/kind:1", "default"}
sandbox = daytona.create(CreateSandboxFromSnapshotParams(snapshot="py/kind:1"))
assert (sandbox.cpu, run(sandbox, "cat $HOME/step")) == (2, "step")
daytona.snapshot.delete(snapshot)
refused(lambda: daytona.snapshot.get("py/kind:1"), DaytonaNotFoundError)
sandbox.delete()
assert "`latest` is not allowed" in refused(
    lambda: daytona.snapshot.create(CreateSnapshotParams(name="x", image="debian:latest"))
)
print("snapshots are made, used and deleted")


async def by_the_async_client() -> None:
    async with AsyncDaytona() as client:
        made = await client.snapshot.create(CreateSnapshotParams(name="async", image="sandyard/default"), timeout=120)
        assert made.state == "active"
        sandbox = await client.create(CreateSandboxFromImageParams(image=image), timeout=120)
        assert (await sandbox.process.exec("cat $HOME/step")).result.strip() == "step"
        await sandbox.delete()
        await client.snapshot.delete(made)


asyncio.run(by_the_async_client())
print("by the asynchronous client")
