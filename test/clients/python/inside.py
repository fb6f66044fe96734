"""What one does inside a sandbox for longer: terminals, an interpreter, language servers, repositories of one's own."""

import io
import os
import re
from collections.abc import Callable

from daytona import AsyncSandbox, LspCompletionPosition, PtySize, Sandbox
from daytona.common.errors import DaytonaConflictError, DaytonaError, DaytonaNotFoundError, DaytonaTimeoutError


def raises(kind: type[Exception], call: Callable[[], object]) -> Exception:
    """Fails unless the call raises this kind."""
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was not raised")


def terminals(sandbox: Sandbox) -> None:
    process = sandbox.process
    handle = process.create_pty_session("one", cwd="/tmp", envs={"WHO": "me too"}, pty_size=PtySize(rows=30, cols=90))
    handle.send_input("stty size; pwd; echo \"$WHO\"; exit 3\n")
    seen: list[bytes] = []
    result = handle.wait(on_data=seen.append)
    assert result.exit_code == 3, result
    text = b"".join(seen).decode()
    assert re.search(r"30 90\r\n.*/tmp\r\n.*me too\r\n", text, re.DOTALL), text

    kept = process.create_pty_session("two")
    raises(DaytonaConflictError, lambda: process.create_pty_session("two"))
    kept.send_input("KEPT=kept\n")
    kept.disconnect()
    assert [session.id for session in process.list_pty_sessions()] == ["two"]
    assert process.resize_pty_session("two", PtySize(rows=20, cols=100)).cols == 100
    info = process.get_pty_session_info("two")
    assert (info.rows, info.cols, info.active) == (20, 100, True)
    again = process.connect_pty_session("two")
    again.wait_for_connection()
    again.send_input("echo \"<$KEPT>\"; exit 0\n")
    seen.clear()
    assert again.wait(on_data=seen.append).exit_code == 0
    assert b"<kept>" in b"".join(seen)

    process.create_pty_session("three").disconnect()
    process.kill_pty_session("three")
    raises(DaytonaNotFoundError, lambda: process.get_pty_session_info("three"))


def interpreter(sandbox: Sandbox) -> None:
    code = sandbox.code_interpreter
    pieces: list[str] = []
    code.run_code("kept = 41")
    result = code.run_code("import sys\nprint(kept + 1)\nprint('wrong', file=sys.stderr)", on_stdout=lambda m: pieces.append(m.output))
    assert (result.stdout, result.stderr, result.error) == ("42\n", "wrong\n", None), result
    assert "".join(pieces) == "42\n"
    failed = code.run_code("raise ValueError('on purpose')")
    assert failed.error and (failed.error.name, failed.error.value) == ("ValueError", "on purpose")
    assert code.run_code("import os; print(os.environ['WHO'])", envs={"WHO": "me"}).stdout == "me\n"
    raises(DaytonaTimeoutError, lambda: code.run_code("while True: pass", timeout=1))
    assert code.run_code("print(kept)").stdout == "41\n"

    context = code.create_context(cwd="/tmp")
    assert code.run_code("import os; print(os.getcwd(), 'kept' in dir())", context=context).stdout == "/tmp False\n"
    assert [item.id for item in code.list_contexts()] == [context.id]
    died = code.run_code("print('last words'); os._exit(3)", context=context)
    assert died.stdout == "last words\n" and died.error and died.error.name == "WorkerProcessError", died
    assert code.run_code("print('os' in dir())", context=context).stdout == "False\n"
    code.delete_context(context)
    raises(DaytonaError, lambda: code.run_code("1", context=context))
    assert code.list_contexts() == []


def language_servers(sandbox: Sandbox) -> None:
    source = "class Greeter:\n    def greet(self):\n        return 'hi'\n\n\nGreeter().\n"
    sandbox.fs.upload_file(source.encode(), "project/sample.py")
    server = sandbox.create_lsp_server("python", "project")
    server.start()
    server.did_open("project/sample.py")
    assert "Greeter" in [symbol.name for symbol in server.document_symbols("project/sample.py")]
    assert "Greeter" in [symbol.name for symbol in server.workspace_symbols("Greeter")]
    found = server.completions("project/sample.py", LspCompletionPosition(line=5, character=10))
    assert "greet" in [item.label for item in found.items], found
    server.did_close("project/sample.py")
    server.stop()


def repositories(sandbox: Sandbox) -> None:
    git = sandbox.git
    git.init("own", initial_branch="trunk")
    git.configure_user("Mona", "mona@example.com")
    assert git.get_config("user.name") == "Mona"
    git.set_config("core.editor", "nano", scope="local", path="own")
    assert git.get_config("core.editor", scope="local", path="own") == "nano"
    git.remote_add("own", "origin", "https://example.com/own.git")
    assert git.remote_get("own", "origin") == "https://example.com/own.git"
    sandbox.fs.upload_file(b"one\n", "own/file")
    git.add("own", ["file"])
    git.add("own", ["file"])
    git.commit("own", "One", "Mona", "mona@example.com")
    sandbox.fs.upload_file(b"two\n", "own/file")
    git.reset("own", mode="hard")
    sandbox.fs.upload_file(b"two\n", "own/file")
    git.restore("own", ["file"])
    assert sandbox.fs.download_file("own/file") == b"one\n"
    git.create_branch("own", "other")
    git.checkout_branch("own", "trunk")
    git.delete_branch("own", "other")
    assert git.branches("own").branches == ["trunk"]
    git.dangerously_authenticate("mona", "p@ss", host="git.example.com")


def state(sandbox: Sandbox) -> None:
    metrics = sandbox.get_metrics_latest()
    assert 0 <= metrics.cpu_used_pct <= 100
    assert 0 < metrics.mem_used <= metrics.mem_total
    sandbox.update_env({"GREETING": "hello"})
    assert sandbox.process.exec("echo $GREETING").result == "hello\n"
    sandbox.update_env({}, unset=["GREETING"])
    assert sandbox.process.exec("echo $GREETING").result == "\n"


def computer_use(sandbox: Sandbox) -> None:
    """None of it is built. The held buttons and keys are calls that no TypeScript client has yet."""
    computer = sandbox.computer_use
    for call in [
        computer.start,
        computer.get_status,
        computer.mouse.get_position,
        computer.mouse.down,
        computer.mouse.up,
        lambda: computer.keyboard.down("shift"),
        lambda: computer.keyboard.up("shift"),
        computer.screenshot.take_full_screen,
        computer.display.get_info,
        computer.recording.list,
        computer.accessibility.get_tree,
    ]:
        error = raises(DaytonaError, call)
        assert getattr(error, "status_code", None) == 501, error


async def asynchronously(sandbox: AsyncSandbox) -> None:
    """The other half of the client: WebSockets by another library, and streams."""
    content = os.urandom(3 * 1024 * 1024)
    await sandbox.fs.upload_file_stream(io.BytesIO(content), "streamed")
    assert b"".join([piece async for piece in await sandbox.fs.download_file_stream("streamed")]) == content

    seen: list[bytes] = []
    terminal = await sandbox.process.create_pty_session("async", seen.append, envs={"WHO": "me too"})
    await terminal.wait_for_connection()
    await terminal.send_input('echo "<$WHO>"; exit 3\n')
    assert (await terminal.wait()).exit_code == 3
    assert b"<me too>" in b"".join(seen)

    await sandbox.code_interpreter.run_code("kept = 41")
    result = await sandbox.code_interpreter.run_code("print(kept + 1)")
    assert (result.stdout, result.error) == ("42\n", None), result


parts = [state, repositories, terminals, interpreter, language_servers, computer_use]
