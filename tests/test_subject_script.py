"""A script runs as `python` would run it, and whatever it does ends as an ending."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import threading
import warnings
from pathlib import Path

import pytest
import torch
from processes import posix

from graphview.errors import SubjectError
from graphview.observe.recorder import Options, Recorder
from graphview.observe.stopping import Enough
from graphview.subject.ending import Ran
from graphview.subject.script import run_script

# Each test in an empty working directory.
pytestmark = pytest.mark.usefixtures("here")


def ran(text: str, *arguments: str, file: str = "train.py") -> Ran:
    Path(file).write_text(textwrap.dedent(text), encoding="utf-8")
    return run_script(Path(file), arguments)


# What a program can see of how it was started.
SURROUNDINGS = """
    import sys
    import __main__
    names = {k: v for k, v in globals().items() if k not in ("__loader__", "__builtins__", "sys")}
    names.pop("__main__")
    print(sorted(names.items()))
    print(type(__builtins__), type(__loader__), __loader__.path, __loader__.name)
    print(sys.argv, sys.path[0], __name__, __main__.__dict__ is globals())
    print(sys._getframe().f_code.co_filename)
    def f(x: undefined_name = 1): ...
"""


@pytest.mark.parametrize("file", ["train.py", "deep/train.py", "link.py"])
def test_a_script_sees_what_it_would_see_under_python(
    here: Path, capfd: pytest.CaptureFixture[str], file: str
) -> None:
    (here / "deep").mkdir()
    script = here / ("deep/train.py" if file == "link.py" else file)
    # An annotation is evaluated, since graphview's own __future__ import is not inherited.
    script.write_text(textwrap.dedent(SURROUNDINGS).replace("undefined_name", "print('int')"))
    if file == "link.py":
        (here / file).symlink_to(script)
    python = subprocess.run(
        [sys.executable, file, "--epochs", "3"], capture_output=True, text=True, check=True
    )
    assert run_script(Path(file), ["--epochs", "3"]).ending.kind == "finished"
    assert capfd.readouterr().out == python.stdout
    assert "int\n" in python.stdout


def test_all_is_put_back(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.modules["__main__"], sys.argv, list(sys.path), sys.stdout, sys.excepthook
    handler = signal.getsignal(signal.SIGINT)
    left = ran(
        """
        import io, os, signal, sys
        sys.argv = sys.path = None
        sys.stdout = sys.stderr = io.StringIO()
        sys.excepthook = print
        sys.modules["__main__"] = None
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.mkdir("elsewhere")
        os.chdir("elsewhere")
        value = [1]
        """
    )
    after = sys.modules["__main__"], sys.argv, list(sys.path), sys.stdout, sys.excepthook
    assert after == before
    assert signal.getsignal(signal.SIGINT) == handler
    assert Path.cwd() == here
    assert left.ending.kind == "finished"
    # What it computed lives on for the recording.
    assert left.variables["value"] == [1]


def test_filters_of_warnings_are_put_back() -> None:
    before, show = list(warnings.filters), warnings.showwarning
    ran("import warnings\nwarnings.simplefilter('ignore')\nwarnings.showwarning = print\n")
    assert (warnings.filters, warnings.showwarning) == (before, show)


@posix
def test_an_alarm_that_was_left_on_wakes_nobody() -> None:
    handler = signal.getsignal(signal.SIGALRM)
    ran(
        """
        import signal
        signal.signal(signal.SIGALRM, lambda number, frame: 1 / 0)
        signal.alarm(60)
        """
    )
    assert signal.getsignal(signal.SIGALRM) == handler
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("import sys; sys.exit()", 0, ""),
        ("import sys; sys.exit(3)", 3, ""),
        ("raise SystemExit(True)", 1, ""),
        ("raise SystemExit(10**30)", -1, ""),
        ("import sys; sys.exit('no data')", 1, "no data\n"),
        ("exit(4)", 4, ""),
    ],
)
def test_an_exit_keeps_its_code(
    capsys: pytest.CaptureFixture[str], line: str, code: int, said: str
) -> None:
    ending = ran(line).ending
    assert (ending.kind, ending.code, ending.failure) == ("exited", code, None)
    assert capsys.readouterr().err == said


def test_an_exception_is_told_from_the_users_first_frame_on(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ending = ran(
        """
        import torch
        def step(x):
            return torch.nn.functional.linear(x, torch.ones(2, 5))

        try:
            step(torch.ones(3, 4))
        except RuntimeError as error:
            raise ValueError("bad\\ndata") from error
        """
    ).ending
    assert ending.kind == "raised"
    failure = ending.failure
    assert failure is not None
    assert (failure.type, failure.message, failure.line) == ("ValueError", "bad\ndata", 9)
    lines = failure.traceback.splitlines()
    assert lines[:2] == [
        "Traceback (most recent call last):",
        '  File "train.py", line 7, in <module>',
    ]
    assert '  File "train.py", line 4, in step' in lines
    assert lines[-2:] == ["ValueError: bad", "data"]
    shown = capsys.readouterr().err
    # On the terminal with whole paths, which can be clicked.
    assert shown.rstrip("\n") == failure.traceback.replace('"train.py"', f'"{here / "train.py"}"')
    assert "graphview" not in failure.traceback


def test_the_line_is_the_scripts_own_where_a_library_raised() -> None:
    Path("helper.py").write_text("def fail():\n    {}['key']\n")
    failure = ran("import helper\nhelper.fail()\n").ending.failure
    assert failure is not None
    assert (failure.type, failure.message, failure.line) == ("KeyError", "'key'", 2)
    assert 'File "helper.py", line 2, in fail' in failure.traceback


def test_a_hook_for_exceptions_is_the_programs_own(capsys: pytest.CaptureFixture[str]) -> None:
    text = """
        import sys
        sys.excepthook = lambda kind, value, trace: print("mine", kind.__name__, trace.tb_lineno)
        raise KeyError(1)
        """
    assert ran(text).ending.kind == "raised"
    assert capsys.readouterr() == ("mine KeyError 4\n", "")
    assert ran(text.replace("print(", "undefined(")).ending.kind == "raised"
    said = capsys.readouterr().err
    assert said.startswith("Error in sys.excepthook:\n")
    assert said.endswith("KeyError: 1\n")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"x = (\n", "train.py line 1 is no Python: '(' was never closed."),
        (b"a = 1\n\ndef f(:\n", "train.py line 3 is no Python: invalid syntax."),
        (b"a = '\xff'\n", "train.py line 1 is no Python: (unicode error)"),
        (b"a = 1\x00\n", "train.py is no Python: source code string cannot contain null bytes."),
        (b"# coding: klingon\n", "train.py is no Python: unknown encoding: klingon."),
    ],
)
def test_what_is_no_python_is_said_before_anything_runs(content: bytes, said: str) -> None:
    Path("train.py").write_bytes(content)
    with pytest.raises(SubjectError) as caught:
        run_script(Path("train.py"), [])
    assert str(caught.value).startswith(said)


def test_a_package_that_is_missing_is_the_programs_own_exception() -> None:
    failure = ran("import no_such_package\n").ending.failure
    assert failure is not None
    assert failure.type == "ModuleNotFoundError"
    assert failure.message == "No module named 'no_such_package'"


def test_enough_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def enough(*arguments: object) -> None:
        raise Enough

    monkeypatch.setattr(torch, "rand", enough)
    assert ran("import torch\ntorch.rand(1)\n").ending.kind == "stopped"


@posix
@pytest.mark.parametrize("end", ["thread.join()", "", "raise ValueError('mine')"])
def test_a_thread_that_trains_ends_the_script(end: str) -> None:
    recorder = Recorder(Options(max_steps=3))
    text = f"""
        import threading, torch
        def train():
            w = torch.ones(2, requires_grad=True)
            begin.wait()
            while True:
                (w**2).sum().backward()
        begin = threading.Event()
        thread = threading.Thread(target=train)
        thread.start()
        try:
            {"begin.set()" if "join" in end else "pass"}
            {end or "pass"}
        finally:
            # The rest happens while the script's threads are waited for.
            threading.Timer(0.05, begin.set).start()
        """
    with recorder.watching():
        ending = ran(text).ending
    assert ending.kind == ("raised" if "raise" in end else "stopped")
    assert recorder.steps == 3


@posix
def test_an_interrupt_is_an_ending() -> None:
    text = "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nwhile True: pass\n"
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert ran(text).ending.kind == "interrupted"
    finally:
        signal.signal(signal.SIGINT, handler)


def test_threads_are_waited_for_as_python_waits() -> None:
    left = ran(
        """
        import threading, time
        done = []
        def work():
            time.sleep(0.2)
            done.append(__name__)
        threading.Thread(target=work).start()
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        """
    )
    assert left.variables["done"] == ["__main__"]
    assert threading.active_count() >= 2


def test_what_a_script_defines_can_be_pickled() -> None:
    left = ran(
        """
        import io, pickle, torch
        class Net(torch.nn.Linear):
            pass
        net = pickle.loads(pickle.dumps(Net(2, 3)))
        stream = io.BytesIO()
        torch.save(Net(1, 1), stream)
        stream.seek(0)
        loaded = torch.load(stream, weights_only=False)
        """
    )
    assert left.ending.kind == "finished"
    assert type(left.variables["net"]) is type(left.variables["loaded"]) is left.variables["Net"]


def test_a_loader_with_workers_works() -> None:
    left = ran(
        """
        import warnings
        import torch
        from torch.utils.data import DataLoader, Dataset
        # That pytest has threads, which a script has not.
        warnings.simplefilter("ignore", DeprecationWarning)
        class Numbers(Dataset):
            def __len__(self):
                return 8
            def __getitem__(self, position):
                return torch.tensor(position * 2)
        if __name__ == "__main__":
            seen = [batch.tolist() for batch in DataLoader(Numbers(), 4, num_workers=2)]
        """
    )
    assert left.ending.kind == "finished", left.ending
    assert left.variables["seen"] == [[0, 2, 4, 6], [8, 10, 12, 14]]


# Each child ends in a way of its own; what it would end with under Python is its code here.
FORKING = """
    import os, signal, sys, warnings
    # Started in the background of a shell, a process inherits that Ctrl-C is ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    warnings.simplefilter("ignore", DeprecationWarning)
    def fail():
        raise ValueError("in the child")
    pids = []
    for work in (lambda: None, lambda: sys.exit(7), fail, lambda: os.kill(os.getpid(), 2)):
        pid = os.fork()
        if pid == 0:
            sys.stdout.write("child\\n")
            work()
            break
        pids.append(pid)
    else:
        codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
        print(codes)
"""


@posix
def test_a_forked_child_ends_as_it_would_under_python(here: Path) -> None:
    (here / "train.py").write_text(textwrap.dedent(FORKING), encoding="utf-8")
    # In a process of its own: a child runs the interpreter's exit functions, a test runner's too.
    commands = (["train.py"], ["-m", "graphview", "record", "train.py", "-o", "r.json"])
    python, ours = (
        subprocess.run([sys.executable, *command], capture_output=True, text=True, check=True)
        for command in commands
    )
    assert ours.stdout == python.stdout == "child\n" * 4 + "[0, 7, 1, -2]\n"
    assert ours.stderr.count("ValueError: in the child") == 1
    # A child that came back would have written one too.
    assert ours.stderr.count("Wrote r.json") == 1


def test_a_pool_of_threads_that_was_left_open_is_ended() -> None:
    left = ran(
        """
        from concurrent.futures import ThreadPoolExecutor
        pool = ThreadPoolExecutor(2)
        done = pool.submit(lambda: 7).result()
        """
    )
    assert left.ending.kind == "finished"
    assert left.variables["done"] == 7


def test_an_error_that_comes_of_one_never_raised_is_told() -> None:
    left = ran('raise ValueError("a") from KeyError("b")')
    assert left.ending.failure is not None
    assert (left.ending.failure.type, left.ending.failure.line) == ("ValueError", 1)
    assert "KeyError: 'b'" in left.ending.failure.traceback
