"""What users of the published Python client do with SSH, against the platform that the environment names."""

import asyncio
import subprocess
import tempfile

from daytona import AsyncDaytona, Daytona


def ssh(command: str, *words: str) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as folder:
        options = ["-F", "none", "-o", f"UserKnownHostsFile={folder}/known_hosts", "-o", "BatchMode=yes"]
        program, *rest = command.split(" ")
        line = [program, *options, "-o", "StrictHostKeyChecking=accept-new", *rest, *words]
        return subprocess.run(line, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=30)


daytona = Daytona()
sandbox = daytona.create()
access = sandbox.create_ssh_access(expires_in_minutes=5)
assert access.sandbox_id == sandbox.id
assert access.ssh_command.startswith("ssh -p ") and access.token in access.ssh_command
assert ssh(access.ssh_command, "echo inside").stdout == "inside\n"
answer = sandbox.validate_ssh_access(access.token)
assert (answer.valid, answer.sandbox_id) == (True, sandbox.id)
sandbox.revoke_ssh_access(access.token)
assert not sandbox.validate_ssh_access(access.token).valid
refused = ssh(access.ssh_command, "true")
assert refused.returncode == 255 and "revoked" in refused.stderr, refused.stderr
print("made, used, validated and revoked")


async def main() -> None:
    async with AsyncDaytona() as client:
        same = await client.get(sandbox.id)
        token = (await same.create_ssh_access()).token
        assert (await same.validate_ssh_access(token)).valid
        await same.revoke_ssh_access(token)
        assert not (await same.validate_ssh_access(token)).valid
        await same.delete()
        print("the same without waiting")


asyncio.run(main())
