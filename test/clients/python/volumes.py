"""What users of the published Python client do with volumes, against the platform that the environment names."""

import asyncio

from daytona import AsyncDaytona, CreateSandboxFromSnapshotParams, Daytona, Sandbox, VolumeMount
from daytona.common.errors import DaytonaBadRequestError, DaytonaConflictError, DaytonaError, DaytonaNotFoundError


def run(sandbox: Sandbox, command: str) -> str:
    answer = sandbox.process.exec(command)
    assert answer.exit_code == 0, f"{command}: {answer.result}"
    return answer.result.strip()


def refused(call, *kinds: type[Exception]) -> str:
    try:
        call()
    except kinds as error:
        return str(error)
    raise AssertionError(f"it was not refused as one of {kinds}")


daytona = Daytona()


def create(*volumes: VolumeMount) -> Sandbox:
    return daytona.create(CreateSandboxFromSnapshotParams(volumes=list(volumes)))


refused(lambda: daytona.volume.get("models"), DaytonaNotFoundError)
volume = daytona.volume.get("models", create=True)
assert (volume.name, volume.error_reason, volume.last_used_at) == ("models", None, None)
assert volume.state == "ready", volume.state
assert daytona.volume.get("models").id == volume.id
refused(lambda: daytona.volume.create("models"), DaytonaBadRequestError)
assert [each.name for each in daytona.volume.list()] == ["models"]
print("made, got and listed")

one = create(VolumeMount(volume_id=volume.id, mount_path="/home/daytona/models"))
two = create(
    VolumeMount(volume_id=volume.id, mount_path="/mnt/part", subpath="users/ada"),
    VolumeMount(volume_id="models", mount_path="/mnt/all"),
)
one.fs.upload_file(b"weights", "models/file.bin")
assert two.fs.download_file("/mnt/all/file.bin") == b"weights"
run(two, "echo mine >/mnt/part/note")
assert run(one, "cat models/users/ada/note; stat -c %U models/users/ada/note") == "mine\ndaytona"
one.stop()
one.start()
assert run(one, "cat models/file.bin") == "weights"
print("shared by two sandboxes, over a stop")

assert "in use" in refused(lambda: daytona.volume.delete(volume), DaytonaConflictError)
one.delete()
two.delete()
three = create(VolumeMount(volume_id=volume.id, mount_path="/data"))
assert run(three, "cat /data/users/ada/note") == "mine"
assert daytona.volume.get("models").last_used_at is not None
three.delete()
for path in ["/", "data", "/etc", "/a/../b"]:
    mount = VolumeMount(volume_id=volume.id, mount_path=path)
    assert "Invalid mount path" in refused(lambda mount=mount: create(mount), DaytonaError)
daytona.volume.delete(volume)
refused(lambda: daytona.volume.get("models"), DaytonaNotFoundError)
print("outlives its sandboxes, and is deleted when none has it")


async def by_the_async_client() -> None:
    async with AsyncDaytona() as client:
        made = await client.volume.get("async", create=True)
        mounts = [VolumeMount(volume_id=made.id, mount_path="/data")]
        sandbox = await client.create(CreateSandboxFromSnapshotParams(volumes=mounts))
        assert (await sandbox.process.exec("echo x >/data/file && cat /data/file")).result.strip() == "x"
        assert [each.name for each in await client.volume.list()] == ["async"]
        await sandbox.delete()
        await client.volume.delete(made)


asyncio.run(by_the_async_client())
print("by the asynchronous client")
