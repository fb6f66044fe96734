"""What users of the published Python client do, against the platform that the environment names.

Each part prints a line when it has passed; the first that fails ends the script with its traceback.
"""

import asyncio
import hashlib
import http.client
import os
import re
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import figures
import inside
from daytona import (
    AsyncDaytona,
    CodeRunParams,
    CreateSandboxFromSnapshotParams,
    Daytona,
    DaytonaConfig,
    FileDownloadRequest,
    FileUpload,
    ListSandboxesQuery,
    Sandbox,
    SessionExecuteRequest,
)
from daytona.common.errors import (
    DaytonaAuthenticationError,
    DaytonaBadRequestError,
    DaytonaConflictError,
    DaytonaError,
    DaytonaFileAccessDeniedError,
    DaytonaFileNotFoundError,
    DaytonaGitAuthFailedError,
    DaytonaGitPushRejectedError,
    DaytonaGitRepoNotFoundError,
    DaytonaNotFoundError,
    DaytonaProcessExecutionTimeoutError,
    DaytonaProcessNotFoundError,
)

MIB = 1024 * 1024
LARGE_MIB = 200
MOST_GROWTH_MIB = 50
EVERY_BYTE = bytes(range(256)) * 64
UNICODE_NAME = "Ünï 漢字 😀 \"quoted\" 'single' (1) & 100%.txt"


def raises(kind: type[Exception], call: Callable[[], object], text: str = "") -> None:
    """Fails unless the call raises exactly this kind, with the text in its message."""
    try:
        call()
    except kind as error:
        assert text in str(error), f"{text!r} is not in {error!r}"
        return
    raise AssertionError(f"{kind.__name__} was not raised")


def until(is_so: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < deadline, f"not within 10 s: {what}"
        time.sleep(0.05)


def visit(url: str, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    """Requests a URL as a browser does, whose names below `localhost` all mean this machine."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=10)
    path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    connection.request("GET", path, headers={"Host": parts.netloc, **(headers or {})})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, body


def lives(daytona: Daytona) -> None:
    wanted = CreateSandboxFromSnapshotParams(
        name="from-python",
        env_vars={"GREETING": "hello world"},
        labels={"purpose": "python"},
        public=True,
        auto_stop_interval=7,
        auto_archive_interval=70,
        auto_delete_interval=700,
    )
    sandbox = daytona.create(wanted)
    assert sandbox.name == "from-python"
    assert sandbox.state == "started"
    assert sandbox.public is True
    assert (sandbox.auto_stop_interval, sandbox.auto_archive_interval, sandbox.auto_delete_interval) == (7, 70, 700)
    assert sandbox.process.exec("echo $GREETING").result == "hello world\n"
    assert sandbox.get_user_home_dir() == "/home/daytona"
    assert sandbox.get_work_dir() == "/home/daytona"

    assert daytona.get("from-python").id == sandbox.id
    assert daytona.get(sandbox.id).name == "from-python"
    found = list(daytona.list(ListSandboxesQuery(labels={"purpose": "python"}, limit=1)))
    assert [item.id for item in found] == [sandbox.id]
    assert list(daytona.list(ListSandboxesQuery(labels={"purpose": "other"}))) == []
    raises(DaytonaConflictError, lambda: daytona.create(wanted), "already exists")

    assert sandbox.set_labels({"b": "2"}) == {"b": "2"}
    sandbox.set_autostop_interval(33)
    sandbox.refresh_activity()
    sandbox.refresh_data()
    assert sandbox.auto_stop_interval == 33

    sandbox.fs.upload_file(b"still here", "kept.txt")
    sandbox.stop()
    assert sandbox.state == "stopped"
    raises(DaytonaError, lambda: sandbox.process.exec("true"), "stopped")
    sandbox.start()
    assert sandbox.state == "started"
    assert sandbox.fs.download_file("kept.txt") == b"still here"
    sandbox.delete(wait=True)
    raises(DaytonaNotFoundError, lambda: daytona.get(sandbox.id))


def processes(sandbox: Sandbox) -> None:
    answer = sandbox.process.exec("pwd; printf %s \"$ONE\"; exit 42", cwd="/tmp", env={"ONE": "it's 1"})
    assert (answer.exit_code, answer.result) == (42, "/tmp\nit's 1")
    assert sandbox.process.exec("for i in 1 2; do\n  echo $i\ndone").result == "1\n2\n"
    assert sandbox.process.exec("printf 'ä€😀'").result == "ä€😀"
    raises(DaytonaProcessExecutionTimeoutError, lambda: sandbox.process.exec("sleep 3210", timeout=1))
    raises(DaytonaBadRequestError, lambda: sandbox.process.exec(""))

    params = CodeRunParams(argv=["a b"], env={"WHO": "me"})
    code = "import os, sys\nprint(sum(range(10)), sys.argv[1:], os.environ['WHO'])"
    assert sandbox.process.code_run(code, params).result == "45 ['a b'] me\n"
    failed = sandbox.process.code_run("raise ValueError('on purpose')")
    assert failed.exit_code != 0 and "on purpose" in failed.result


def languages(daytona: Daytona) -> None:
    for language, code, result in [
        ("typescript", "const n: number = 41\nconsole.log(n + 1)", "42\n"),
        ("javascript", "console.log([1, 2].map(n => n * 2).join())", "2,4\n"),
    ]:
        sandbox = daytona.create(CreateSandboxFromSnapshotParams(language=language))
        assert sandbox.process.code_run(code).result == result
        sandbox.delete()


def files(sandbox: Sandbox) -> None:
    fs = sandbox.fs
    contents = {
        "made/on/the/way.txt": "hello wörld\r\n".encode(),
        "/tmp/bytes.bin": EVERY_BYTE,
        "empty": b"",
        UNICODE_NAME: b"named",
    }
    for path, content in contents.items():
        fs.upload_file(content, path)
        assert fs.download_file(path) == content, path
        assert fs.get_file_info(path).size == len(content)

    fs.upload_files([FileUpload(source=b"1", destination="many/one"), FileUpload(source=b"2", destination="many/two")])
    sources = ["many/two", "many/missing", "many/one"]
    answers = fs.download_files([FileDownloadRequest(source=source) for source in sources])
    assert [answer.result for answer in answers] == [b"2", None, b"1"]
    assert answers[1].error
    raises(DaytonaFileNotFoundError, lambda: fs.download_file("many/missing"))
    raises(DaytonaFileAccessDeniedError, lambda: fs.download_file("/etc/shadow"))

    fs.create_folder("tree/deep", "750")
    fs.upload_file(b"one\nneedle here\n", "tree/a.txt")
    listed = fs.list_files("tree")
    assert [(item.name, item.is_dir) for item in listed] == [("a.txt", False), ("deep", True)]
    assert listed[1].permissions == "0750"
    assert [(match.line, match.content) for match in fs.find_files("tree", "needle")] == [(2, "needle here")]
    assert [Path(path).name for path in fs.search_files("tree", "*.txt").files] == ["a.txt"]
    assert fs.replace_in_files(["tree/a.txt"], "needle", "pin")[0].success is True
    assert fs.download_file("tree/a.txt") == b"one\npin here\n"
    fs.set_file_permissions("tree/a.txt", mode="644", owner="daytona", group="daytona")
    assert fs.get_file_info("tree/a.txt").mode == "-rw-r--r--"
    fs.move_files("tree/a.txt", "tree/b.txt")
    fs.delete_file("tree/b.txt")
    raises(DaytonaNotFoundError, lambda: fs.get_file_info("tree/b.txt"))
    fs.delete_file("tree", recursive=True)
    raises(DaytonaNotFoundError, lambda: fs.list_files("tree"))


def large_files(sandbox: Sandbox) -> None:
    sandbox.fs.upload_file(bytes(MIB), "warm")
    sandbox.fs.download_file("warm")
    with tempfile.TemporaryDirectory() as folder:
        source, back = Path(folder, "large.bin"), Path(folder, "back.bin")
        digest = hashlib.sha256()
        with source.open("wb") as file:
            for _ in range(LARGE_MIB):
                block = os.urandom(MIB)
                digest.update(block)
                file.write(block)
        memory_stays("up", lambda: sandbox.fs.upload_file(str(source), "large.bin"))
        arrived = sandbox.process.exec("sha256sum < large.bin").result.split()[0]
        assert arrived == digest.hexdigest()
        memory_stays("down", lambda: sandbox.fs.download_file("large.bin", str(back)))
        with back.open("rb") as file:
            assert hashlib.file_digest(file, "sha256").hexdigest() == digest.hexdigest()


def memory_stays(direction: str, work: Callable[[], object]) -> None:
    """Measures the platform's process every 50 ms while the work is done."""
    before = resident_mib()
    most = before
    done = threading.Event()

    def sample() -> None:
        nonlocal most
        while not done.wait(0.05):
            most = max(most, resident_mib())

    sampling = threading.Thread(target=sample)
    sampling.start()
    try:
        work()
    finally:
        done.set()
        sampling.join()
    growth = max(most, resident_mib()) - before
    print(f"{LARGE_MIB} MiB {direction}: the platform's memory: {before:.0f} MiB, and at most {growth:.0f} MiB more")
    assert growth < MOST_GROWTH_MIB


def resident_mib() -> float:
    status = Path("/proc", os.environ["PLATFORM_PID"], "status").read_text()
    found = re.search(r"^VmRSS:\s+(\d+)", status, re.MULTILINE)
    assert found
    return int(found[1]) / 1024


def git(sandbox: Sandbox) -> None:
    user, password = os.environ["GIT_USER"], os.environ["GIT_PASSWORD"]
    open_url = f"{os.environ['GIT_SERVER']}octocat/hello.git"
    closed_url = f"{os.environ['GIT_SERVER']}octocat/private.git"
    sandbox.git.clone(open_url, "hello")
    assert sandbox.git.status("hello").current_branch == "main"
    assert sandbox.git.branches("hello").branches == ["main"]
    sandbox.git.clone(open_url, "develop", branch="develop")
    assert sandbox.git.status("develop").current_branch == "develop"
    sandbox.git.clone(closed_url, "private", username=user, password=password)
    raises(DaytonaGitAuthFailedError, lambda: sandbox.git.clone(closed_url, "refused"))
    raises(
        DaytonaGitAuthFailedError,
        lambda: sandbox.git.clone(closed_url, "refused", username=user, password="wrong"),
    )
    raises(DaytonaGitRepoNotFoundError, lambda: sandbox.git.status("/tmp"))

    sandbox.git.create_branch("hello", "from-python")
    sandbox.git.checkout_branch("hello", "from-python")
    sandbox.fs.upload_file(b"new\n", "hello/new file.txt")
    sandbox.git.add("hello", ["new file.txt"])
    status = sandbox.git.status("hello")
    assert [(file.name, file.staging) for file in status.file_status] == [("new file.txt", "Added")]
    commit = sandbox.git.commit("hello", "New", "Mona", "mona@example.com")
    assert re.fullmatch("[0-9a-f]{40}", commit.sha)
    sandbox.git.push("hello", username=user, password=password)
    sandbox.git.clone(open_url, "second", branch="from-python")
    amend = "git -c user.name=Mona -c user.email=mona@example.com commit --amend -m Other"
    assert sandbox.process.exec(amend, cwd="hello").exit_code == 0
    raises(DaytonaGitPushRejectedError, lambda: sandbox.git.push("hello", username=user, password=password))
    sandbox.git.pull("second")


def sessions(sandbox: Sandbox) -> None:
    process = sandbox.process
    process.create_session("state")
    process.execute_session_command("state", SessionExecuteRequest(command="cd /tmp && KEPT='a b'"))
    answer = process.execute_session_command("state", SessionExecuteRequest(command='pwd; echo "$KEPT" >&2; (exit 7)'))
    assert (answer.stdout, answer.stderr, answer.exit_code) == ("/tmp\n", "a b\n", 7)
    assert [command.exit_code for command in process.get_session("state").commands or []] == [0, 7]
    raises(DaytonaConflictError, lambda: process.create_session("state"))

    request = SessionExecuteRequest(command="read -r line; echo got $line", run_async=True, suppress_input_echo=True)
    running = process.execute_session_command("state", request)
    assert running.cmd_id
    process.send_session_command_input("state", running.cmd_id, "it\n")
    log = lambda: process.get_session_command_logs("state", running.cmd_id)
    until(lambda: log().stdout == "got it\n", "the command answers its input")

    process.delete_session("state")
    raises(DaytonaProcessNotFoundError, lambda: process.get_session("state"))


def previews(sandbox: Sandbox) -> None:
    sandbox.fs.upload_file(b"<h1>Hello</h1>", "site/index.html")
    sandbox.process.create_session("web")
    command = "cd site && exec python3 -m http.server --bind 127.0.0.1 8123"
    sandbox.process.execute_session_command("web", SessionExecuteRequest(command=command, run_async=True))
    link = sandbox.get_preview_link(8123)
    key = {"x-daytona-preview-token": link.token}
    until(lambda: visit(link.url, key)[0] == 200, "the preview answers")
    assert visit(link.url, key) == (200, b"<h1>Hello</h1>")
    assert visit(link.url)[0] == 401
    signed = sandbox.create_signed_preview_url(8123, 60)
    assert visit(signed.url)[0] == 200


def signed_urls(sandbox: Sandbox) -> None:
    path = "signed/a name & more+.txt"
    up, down = urlsplit(sandbox.upload_url(path)), sandbox.download_url(path, 0)
    connection = http.client.HTTPConnection("127.0.0.1", up.port, timeout=10)
    connection.request("POST", f"{up.path}?{up.query}", body=b"by URL", headers={"Content-Type": "text/plain"})
    assert connection.getresponse().status == 200
    connection.close()
    assert visit(down) == (200, b"by URL")
    assert visit(down.replace("signed%2F", "other%2F"))[0] == 401
    sandbox.rotate_signing_key()
    assert visit(down)[0] == 401
    assert visit(sandbox.download_url(path))[0] == 200


def errors(daytona: Daytona) -> None:
    stranger = Daytona(DaytonaConfig(api_url=os.environ["DAYTONA_API_URL"], api_key="dtn_nobody_has_this_key"))
    raises(DaytonaAuthenticationError, lambda: stranger.create())
    raises(DaytonaAuthenticationError, lambda: list(stranger.list()))
    raises(DaytonaNotFoundError, lambda: daytona.get("no-such-sandbox"), "not found")
    for params in [{"snapshot": "no-such"}, {"name": "<b>"}, {"env_vars": {"A B": ""}}, {"os_user": "no-such"}]:
        raises(DaytonaBadRequestError, lambda: daytona.create(CreateSandboxFromSnapshotParams(**params)))


async def asynchronously() -> None:
    async with AsyncDaytona() as daytona:
        made = await asyncio.gather(daytona.create(), daytona.create())
        answers = await asyncio.gather(*(sandbox.process.exec("hostname") for sandbox in made))
        assert len({answer.result for answer in answers}) == 2
        sandbox = made[0]
        await sandbox.fs.upload_file(EVERY_BYTE, "bytes")
        assert await sandbox.fs.download_file("bytes") == EVERY_BYTE

        await sandbox.process.create_session("logs")
        command = "for i in 1 2 3; do echo out $i; echo err $i >&2; sleep 0.2; done"
        request = SessionExecuteRequest(command=command, run_async=True)
        running = await sandbox.process.execute_session_command("logs", request)
        out: list[str] = []
        err: list[str] = []
        await sandbox.process.get_session_command_logs_async("logs", running.cmd_id, out.append, err.append)
        assert ("".join(out), "".join(err)) == ("out 1\nout 2\nout 3\n", "err 1\nerr 2\nerr 3\n")
        await inside.asynchronously(sandbox)
        await sandbox.stop()
        await sandbox.start()
        assert sandbox.state == "started"
        await asyncio.gather(*(sandbox.delete() for sandbox in made))


def main() -> None:
    def passed(name: str, work: Callable[[], object]) -> None:
        begun = time.monotonic()
        work()
        print(f"{name}: ok in {(time.monotonic() - begun) * 1000:.0f} ms")

    daytona = Daytona()
    passed("life", lambda: lives(daytona))
    passed("languages", lambda: languages(daytona))
    passed("errors", lambda: errors(daytona))
    sandbox = daytona.create()
    parts = [processes, figures.charts, files, large_files, git, sessions, previews, signed_urls]
    for part in [*parts, *inside.parts]:
        passed(part.__name__.replace("_", " "), lambda: part(sandbox))
    sandbox.delete(wait=True)
    passed("async", lambda: asyncio.run(asynchronously()))


main()
