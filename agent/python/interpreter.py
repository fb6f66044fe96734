"""
Runs pieces of code one after the other in one namespace: the process of an interpreter context.

Started by the agent as `python3 -u interpreter.py`. Descriptor 3 is a socket to the agent and nothing else; standard
output and error are pipes that the agent reads by itself, so that nothing printed is ever taken for an answer.

A message, either way, is its length and then its fields, each with its length before it; lengths are four bytes, big
end first, and fields are UTF-8. The agent asks `number, code, name, value, name, value, ...` and is answered
`number, how, name, value, traceback`, where `how` is completed, error or interrupted. The first message is `ready`.

User code runs in this process and may do anything to it. What is needed here is therefore bound before it runs, and
only modules are loaded that Python has loaded anyway: people wait for the first answer. Works with Python 3.6.
"""

import _signal
import fcntl
import os
import sys
from builtins import *  # noqa: F403 - copies, as user code may replace the originals
from os import _exit, dup2, environ, fstat, getpid, read, write

SHOWN_NAME = "<stdin>"
# Each run has a name of its own, so that a function of an earlier run is shown with the lines that it has.
RUN_NAME = "<stdin-%d>"
SIGINT = _signal.SIGINT
TOP_LEVEL_AWAIT = 0x2000 if sys.version_info >= (3, 8) else 0
IS_COROUTINE = 0x80
# Where descriptors go that code which closes "all" of them, as daemons do, mostly leaves alone.
FIRST_DESCRIPTOR = 900
LONGEST_VALUE = 64 * 1024
LONGEST_TRACE = 256 * 1024
MOST_SOURCES = 1000
MOST_SOURCE_CHARACTERS = 4 * 1024 * 1024
INTERRUPTED = ["interrupted", "", "", ""]
COMPLETED = ["completed", "", "", ""]


class Channel:
    """Messages from and to the agent."""

    def __init__(self, descriptor):
        self.descriptor = descriptor

    def receive(self):
        """The next message, or None when the agent has gone."""
        header = self._read(4)
        body = header and self._read(int.from_bytes(header, "big"))
        if not body:
            return None
        fields, at = [], 0
        while at < len(body):
            end = at + 4 + int.from_bytes(body[at : at + 4], "big")
            fields.append(body[at + 4 : end].decode("utf-8", "replace"))
            at = end
        return fields

    def send(self, fields):
        parts = []
        for field in fields:
            text = field.encode("utf-8", "replace")
            parts.append(len(text).to_bytes(4, "big") + text)
        body = b"".join(parts)
        left = len(body).to_bytes(4, "big") + body
        while left:
            try:
                left = left[write(self.descriptor, left) :]
            except OSError:
                _exit(1)  # the agent has gone, or the code has closed the descriptor
            except BaseException:
                continue  # a signal handler of the user code

    def _read(self, size):
        parts = []
        while size > 0:
            try:
                part = read(self.descriptor, min(size, 1 << 20))
            except OSError:
                return None
            except BaseException:
                continue  # a signal handler of the user code
            if not part:
                return None
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


class Sources:
    """Code of the latest runs, for tracebacks."""

    def __init__(self):
        self.texts = {}
        self.count = 0

    def add(self, text):
        """Keeps a text and tells the name that it is to be compiled under."""
        self.count += 1
        name = RUN_NAME % self.count
        self.texts[name] = text
        while len(self.texts) > MOST_SOURCES or sum(map(len, self.texts.values())) > MOST_SOURCE_CHARACTERS:
            oldest = next(iter(self.texts))
            if oldest == name:
                break
            del self.texts[oldest]
            if "linecache" in sys.modules:
                sys.modules["linecache"].cache.pop(oldest, None)
        # Only code that imports can show a traceback by itself, or ask for its own source.
        if "import" in text or "linecache" in sys.modules:
            self.publish()
        return name

    def publish(self):
        """Lets everything that shows lines of code find ours."""
        try:
            linecache = load("linecache")
            for name, text in self.texts.items():
                if name not in linecache.cache:
                    lines = [line + "\n" for line in text.split("\n")]
                    linecache.cache[name] = (len(text), None, lines, name)
        except Exception:
            pass  # the user code has replaced it: lines are not shown


class Interpreter:
    """The namespace of the user code, and what is kept for it between runs."""

    def __init__(self):
        self.module = type(sys)("__main__")
        self.module.__dict__["__builtins__"] = sys.modules["builtins"]
        self.sources = Sources()
        self.loop = None
        # Descriptors and streams that user code has closed come back for the next run.
        self.standard = [move_up(descriptor) for descriptor in (0, 1, 2)]
        self.handler = _signal.default_int_handler
        self.exit_status = 0

    def run(self, code, variables):
        """Runs code to its end and tells how that was."""
        self.restore_streams()
        earlier = [(name, environ.get(name)) for name in variables]
        try:
            for name in variables:
                environ[name] = variables[name]
            _signal.signal(SIGINT, self.handler)
            outcome = self.execute(code)
            self.hush()
        except KeyboardInterrupt:
            outcome = INTERRUPTED
            self.exit_status = 130
        except BaseException as error:  # a signal handler of the user code, or a standard library that it has broken
            outcome = describe(error, self.sources)
        self.hush()
        for name, value in earlier:
            if value is None:
                environ.pop(name, None)
            else:
                environ[name] = value
        return outcome

    def execute(self, code):
        name = self.sources.add(code)
        self.exit_status = 0
        try:
            try:
                compiled = compile(code, name, "exec", TOP_LEVEL_AWAIT, True)
                result = eval(compiled, self.module.__dict__)
                if compiled.co_flags & IS_COROUTINE:
                    self.finish(result)
            finally:
                flush_streams()
        except SystemExit as error:
            self.exit_status = say_exit(error)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self.exit_status = 1
            return describe(error, self.sources)
        return COMPLETED

    def finish(self, coroutine):
        """Runs code that awaits. The loop stays, as connections and tasks of a run belong to it."""
        asyncio = load("asyncio")
        if self.loop is None or self.loop.is_closed():
            self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)
        task = self.loop.create_task(coroutine)
        try:
            self.loop.run_until_complete(task)
        finally:
            if not task.done():  # interrupted: it must not go on in a later run
                task.cancel()
                try:
                    self.loop.run_until_complete(task)
                except asyncio.CancelledError:
                    pass
            elif not task.cancelled():
                task.exception()  # has been seen: asyncio has nothing to complain of

    def hush(self):
        """Between runs SIGINT means nothing; what user code has made of it holds again in the next run."""
        while True:
            try:
                handler = _signal.getsignal(SIGINT)
                if handler is not ignore and handler is not None:
                    self.handler = handler
                _signal.signal(SIGINT, ignore)
                return
            except BaseException:
                continue

    def restore_streams(self):
        for descriptor, saved in enumerate(self.standard):
            try:
                fstat(descriptor)
            except OSError:
                try:
                    dup2(saved, descriptor)
                except OSError:
                    pass
        for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
            stream = getattr(sys, name, None)
            try:
                is_closed = stream is None or stream.closed
            except Exception:
                is_closed = False  # something of the user code's own
            if is_closed:
                stream = open(descriptor, "r" if descriptor == 0 else "w", 1, "utf-8", closefd=False)
                setattr(sys, name, stream)
                setattr(sys, "__%s__" % name, stream)


def ignore(number, frame):
    """A handler and not SIG_IGN, which programs would inherit."""


def move_up(descriptor):
    """A copy of the descriptor that programs do not inherit, or the descriptor itself where that is not to be had."""
    for first in (FIRST_DESCRIPTOR, 200, 10):
        try:
            return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, first)
        except OSError:
            continue
    os.set_inheritable(descriptor, False)
    return descriptor


def load(name):
    """A module of the standard library, also when a file in the work dir has its name."""
    if name in sys.modules:
        return sys.modules[name]
    first = sys.path[0] if sys.path else None
    if first == "":
        del sys.path[0]
    try:
        return __import__(name)
    finally:
        if first == "":
            sys.path.insert(0, "")


def flush_streams():
    for stream in (getattr(sys, "stdout", None), getattr(sys, "stderr", None)):
        try:
            stream.flush()
        except Exception:
            pass  # closed, or something of the user code's own


def say_exit(error):
    """Exit status of a SystemExit; a message instead of a number is printed, as Python does at its end."""
    if error.code is None:
        return 0
    if isinstance(error.code, int):
        return error.code & 0xFF
    try:
        sys.stderr.write("%s\n" % (error.code,))
    except Exception:
        pass
    return 1


def describe(error, sources):
    """An exception as the caller is told it: its class, its text, and the traceback that Python would print."""
    limit = sys.getrecursionlimit()
    if limit < 1000:
        sys.setrecursionlimit(1000)
    try:
        if isinstance(error, SyntaxError) and getattr(error, "filename", None) in sources.texts:
            error.filename = SHOWN_NAME
        try:
            value = str(error)
        except Exception:
            value = "<exception str() failed>"
        name = str(type(error).__name__)
        try:
            trace = format_trace(error, sources)
        except Exception:
            trace = "%s: %s\n" % (name, value)
        return ["error", shorten(name, 1000), shorten(value, LONGEST_VALUE), shorten(trace, LONGEST_TRACE)]
    except Exception:
        return ["error", "Exception", "the exception cannot be shown", ""]
    finally:
        if limit < 1000:
            try:
                sys.setrecursionlimit(limit)
            except RecursionError:
                pass


def format_trace(error, sources):
    traceback = load("traceback")
    sources.publish()
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename not in sources.texts:
        trace = trace.tb_next
    details = traceback.TracebackException(type(error), error, trace)
    rename(details, sources, 0)
    return "".join(details.format_exception_only() if trace is None else details.format())


def rename(details, sources, depth):
    """Shows all our names as one, in the exception and those it came from."""
    while details is not None and depth < 100:
        depth += 1
        for frame in details.stack:
            if frame.filename in sources.texts:
                frame.filename = SHOWN_NAME
        if getattr(details, "filename", None) in sources.texts:
            details.filename = SHOWN_NAME
        for part in getattr(details, "exceptions", None) or []:
            rename(part, sources, depth)
        if details.__context__ is not None and details.__context__ is not details.__cause__:
            rename(details.__context__, sources, depth)
        details = details.__cause__


def shorten(text, most):
    if len(text) <= most:
        return text
    half = most // 2
    return "%s\n[%d characters are left out]\n%s" % (text[:half], len(text) - 2 * half, text[-half:])


def claim_channel():
    """The channel, at a number that user code does not meet by chance and that no program inherits."""
    descriptor = move_up(3)
    if descriptor != 3:
        os.close(3)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: close_quietly(descriptor))
    return Channel(descriptor)


def close_quietly(descriptor):
    try:
        os.close(descriptor)
    except OSError:
        pass


def prepare():
    """Makes the process look as one that was started for the user code."""
    sys.argv = [""]
    if not getattr(sys.flags, "safe_path", False):
        sys.path[0] = ""
    environ.setdefault("MPLBACKEND", "Agg")
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure") and stream.encoding.lower() != "utf-8":
            stream.reconfigure(encoding="utf-8")
    try:
        import faulthandler

        faulthandler.enable()  # what kills the process says where
    except Exception:
        pass


def main():
    prepare()
    channel = claim_channel()
    interpreter = Interpreter()
    interpreter.hush()
    interpreter.handler = _signal.default_int_handler
    # The functions here live on in their references, the name belongs to the user code.
    sys.modules["__main__"] = interpreter.module
    owner = getpid()
    channel.send(["ready"])
    while True:
        request = channel.receive()
        if request is None:
            return
        number, code, variables = request[0], request[1], request[2:]
        outcome = interpreter.run(code, dict(zip(variables[::2], variables[1::2])))
        if getpid() != owner:  # a child that user code has forked, at its end
            if outcome[3]:
                sys.stderr.write(outcome[3])
            raise SystemExit(interpreter.exit_status)
        channel.send([number] + outcome)


main()
