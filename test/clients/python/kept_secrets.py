"""What users of the published Python client do with secrets, against the platform that the environment names.

Not `secrets.py`: the standard library has a module of that name.
"""

import asyncio

from daytona import (
    AsyncDaytona,
    CreateSandboxFromSnapshotParams,
    CreateSecretParams,
    Daytona,
    Sandbox,
    UpdateSecretParams,
)
from daytona.common.errors import DaytonaBadRequestError
from daytona_api_client.exceptions import ApiException

VALUE = "sk-the-value-itself"


def run(sandbox: Sandbox, command: str) -> str:
    answer = sandbox.process.exec(command)
    assert answer.exit_code == 0, f"{command}: {answer.result}"
    return answer.result.strip()


def refused(call, status: int) -> str:
    """What a call is told that is refused. Of calls on secrets alone the client passes on what is below it."""
    try:
        call()
    except ApiException as error:
        assert error.status == status, error
        return str(error.body)
    except DaytonaBadRequestError as error:
        assert status == 400, error
        return str(error)
    raise AssertionError(f"it was not refused with {status}")


daytona = Daytona()

made = daytona.secret.create(
    CreateSecretParams(name="openai-prod", value=VALUE, description="of the team", hosts=["api.openai.com"])
)
assert (made.name, made.description, made.hosts) == ("openai-prod", "of the team", ["api.openai.com"])
assert made.placeholder.startswith("dtn_secret_"), made.placeholder
assert daytona.secret.get(made.id) == made
assert "name the hosts" in refused(
    lambda: daytona.secret.create(CreateSecretParams(name="everywhere", value=VALUE)), 400
)
refused(
    lambda: daytona.secret.create(CreateSecretParams(name="openai-prod", value=VALUE, hosts=["a.example"])),
    409,
)
changed = daytona.secret.update(made.id, UpdateSecretParams(hosts=["*.openai.com"]))
assert (changed.hosts, changed.placeholder) == (["*.openai.com"], made.placeholder)
page = daytona.secret.list()
assert (page.total, page.next_cursor, [each.name for each in page.items]) == (1, None, ["openai-prod"])
print("made, got, changed and listed")

sandbox = daytona.create(CreateSandboxFromSnapshotParams(secrets={"API_KEY": "openai-prod"}))
assert run(sandbox, "echo $API_KEY") == made.placeholder
sandbox.update_secrets({"OTHER": "openai-prod"})
assert run(sandbox, 'echo "${API_KEY-none} $OTHER"') == f"none {made.placeholder}"
assert daytona.get(sandbox.id).id == sandbox.id
assert "no secret of the name" in refused(lambda: sandbox.update_secrets({"A": "nobody"}), 400)
daytona.secret.delete(made.id)
assert run(sandbox, 'echo "${OTHER-none}"') == "none"
refused(lambda: daytona.secret.get(made.id), 404)
sandbox.update_secrets({})
sandbox.delete()
print("given to a sandbox, exchanged and taken away")


async def without_waiting() -> None:
    async with AsyncDaytona() as client:
        names = ["a", "b", "c"]
        await asyncio.gather(
            *(client.secret.create(CreateSecretParams(name=name, value=VALUE, hosts=["a.example"])) for name in names)
        )
        first = await client.secret.list(limit=2)
        second = await client.secret.list(limit=2, cursor=first.next_cursor)
        assert first.total == 3 and second.next_cursor is None
        found = [*first.items, *second.items]
        assert sorted(each.name for each in found) == names
        await asyncio.gather(*(client.secret.delete(each.id) for each in found))
        assert (await client.secret.list()).total == 0


asyncio.run(without_waiting())
print("the same by the asynchronous client")
