#!/usr/bin/env python3
# -*- coding: utf-8 -*-
"""Prepare the project's own Python environment in .venv, then hand over to it.

Needs the standard library only. Syntax and imports stay with what even Python 2 knows, so that
an unsuitable Python is told in words what to install instead of failing on a line of code.
"""

from __future__ import unicode_literals

import hashlib
import json
import os
import platform
import shutil
import signal
import subprocess
import sys

ROOT = os.path.dirname(os.path.realpath(__file__))
LOCK = os.path.join(ROOT, "requirements.lock")
VENV = os.path.join(ROOT, ".venv")
SCRIPTS = os.path.join(VENV, "Scripts" if os.name == "nt" else "bin")
PYTHON = os.path.join(SCRIPTS, "python.exe" if os.name == "nt" else "python")
MARK = os.path.join(VENV, "dx-ready.json")  # written last: without it the environment is half made

HELP = """\
Cách dùng: python dx.py LỆNH [tham số]

  report TÊN    lập báo cáo của bản sửa đổi frameworks/revisions/TÊN.yml vào outputs/TÊN/
  check NƠI     kiểm tra tệp hoặc thư mục khung tiêu chí, bộ chỉ số
  lab           mở JupyterLab trên thư mục notebooks/
  test          chạy kiểm thử; thêm -m slow để chạy các kiểm thử lâu
  benchmark     đo tốc độ
  lint          soát mã nguồn (ruff, mypy)

Lệnh khác được chuyển cho dxmethod; python dx.py report --help cho biết tham số của một lệnh.
Lần chạy đầu tự dựng môi trường trong thư mục .venv: cần mạng và khoảng 1,5 GB đĩa.
"""
REFUSAL = """\
dxmethod cần Python 3.11, 3.12 hoặc 3.13 (CPython, 64 bit); đang chạy là %s %s, %d bit.
Hãy cài Python 3.13 (Windows, macOS: bộ cài của python.org; Linux: kho gói của hệ điều hành), rồi:
  Windows:       py -3.13 dx.py report
  macOS, Linux:  python3.13 dx.py report"""
# What to do, by words seen in a message of pip, uv or the system; the first hit counts.
ADVICE = (
    ("no space left|errno 28|os error 28|winerror 112|os error 112",
     "Đĩa đã đầy. Hãy giải phóng ít nhất 1,5 GB rồi chạy lại."),
    ("ensurepip",
     "Python này thiếu mô-đun venv. Trên Debian, Ubuntu hãy cài gói python3-venv rồi chạy lại."),
    ("do not match the hashes|hash mismatch",
     "Gói tải về không khớp requirements.lock nên bị từ chối. Hãy chạy lại; nếu vẫn lỗi, hãy hỏi "
     "người quản trị mạng, vì tệp có thể bị thay trên đường truyền."),
    ("permission denied|access is denied|read-only|winerror 5]|winerror 32]|os error 5)|error 32)",
     "Không ghi được vào thư mục .venv. Hãy đóng JupyterLab hoặc chương trình đang dùng nó, hoặc "
     "chép dự án sang thư mục mà mình có quyền ghi, rồi chạy lại."),
    ("connect|resol|timed out|dns|network|proxy|certificate|fetch|matching distribution",
     "Không tải được gói. Hãy kiểm tra mạng, proxy (biến HTTPS_PROXY) hoặc địa chỉ kho gói của "
     "cơ quan (pip config, biến UV_DEFAULT_INDEX), rồi chạy lại."),
    ("", "Hãy xoá thư mục .venv rồi chạy lại; nếu vẫn lỗi, gửi các dòng trên cho người hỗ trợ."),
)  # fmt: skip
QUIET_LAB = "--LabApp.news_url=None --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"
# Tools run in the repository's root; any other word is a command of the package.
TOOLS = {
    "test": [["pytest"]],
    "lint": [["ruff", "check"], ["ruff", "format", "--check"], ["mypy"]],
    "lab": [["jupyterlab", "notebooks"] + QUIET_LAB.split()],
    "benchmark": [["benchmarks"]],
}
# Every child computes the same numbers, under nobody's personal settings, without noise.
SWITCHED_ON = """PYTHONUTF8 PYTHONNOUSERSITE OMP_NUM_THREADS OPENBLAS_NUM_THREADS MKL_NUM_THREADS
    NUMEXPR_NUM_THREADS VECLIB_MAXIMUM_THREADS JUPYTER_PLATFORM_DIRS JUPYTER_PREFER_ENV_PATH
    PYDEVD_DISABLE_FILE_VALIDATION PIP_DISABLE_PIP_VERSION_CHECK DO_NOT_TRACK"""
ENVIRONMENT = dict.fromkeys(SWITCHED_ON.split(), "1")
ENVIRONMENT.update(PYTHONHASHSEED="0", PIP_USER="0", UV_PYTHON_DOWNLOADS="never")
ENVIRONMENT.update(VIRTUAL_ENV=VENV, IPYTHONDIR=os.path.join(VENV, "ipython"))


class Stop(Exception):
    """A failure whose text is what the user should read."""


def say(text):
    """Write a message on stderr, in UTF-8 on every Python."""
    stream = getattr(sys.stderr, "buffer", sys.stderr)
    stream.write((text + "\n").encode("utf-8"))
    stream.flush()


def refusal(version, implementation, bits):
    """Say what to install if this Python cannot run the project."""
    if (3, 11) <= version[:2] <= (3, 13) and implementation == "CPython" and bits == 64:
        return ""
    return REFUSAL % (implementation, ".".join(str(part) for part in version[:3]), bits)


def advice(message):
    """Choose what to tell the user to do about a message of pip, uv or the system."""
    message = message.lower()
    return next(text for words, text in ADVICE if any(w in message for w in words.split("|")))


def environment(with_windows=False):
    """Environment variables of a child; only JupyterLab may draw on the screen."""
    child = dict(os.environ, **ENVIRONMENT)
    child["PATH"] = SCRIPTS + os.pathsep + child.get("PATH", os.defpath)
    if not with_windows:
        child["MPLBACKEND"] = "agg"
    for foreign in ("PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__"):
        child.pop(foreign, None)
    return child


def wanted_state():
    """State for which a finished environment must have been made."""
    state = {"python": "%d.%d" % sys.version_info[:2], "folder": ROOT}
    for name in ("requirements.lock", "pyproject.toml"):
        with open(os.path.join(ROOT, name), "rb") as file:
            state[name] = hashlib.sha256(file.read()).hexdigest()
    return state


def needs_rebuilding(mark, python, wanted):
    """Whether the environment is missing, half made, or made for another state."""
    try:
        with open(mark, "rb") as file:
            return json.loads(file.read().decode("utf-8")) != wanted or not os.path.exists(python)
    except (OSError, ValueError):
        return True


def installers():
    """Yield the installers found: the command of uv, then None, which stands for pip."""
    for uv in ([shutil.which("uv")], [sys.executable, "-m", "uv"]):
        if uv[0] and subprocess.run(uv + ["--version"], capture_output=True).returncode == 0:
            yield uv
            break
    yield None


def recipe(uv):
    """Commands that make the environment and need neither a resolver nor a compiler."""
    base = getattr(sys, "_base_executable", None) or sys.executable  # not the .venv about to go
    if uv:
        make = uv + ["venv", "--python", base, VENV]
        install = uv + ["pip", "install", "--python", PYTHON, "--no-deps"]
    else:
        make = [base, "-m", "venv", VENV]
        install = [PYTHON, "-m", "pip", "install", "--no-compile", "--no-deps"]
    locked = ["--require-hashes", "--only-binary", ":all:", "--requirement", LOCK]
    package = ["--no-index", "--no-build-isolation", "--editable", ROOT]
    return [make, install + locked, install + package]


def run_step(command):
    """Run one command in silence; a failure shows its last lines and what to do."""
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    step = subprocess.run(command, cwd=ROOT, env=environment(), **pipes)
    if step.returncode:
        output = step.stdout.decode("utf-8", "replace").strip()
        last = "\n".join(line[:200] for line in output.splitlines()[-6:])
        raise Stop(last + "\n\n" + advice(output))


def prepare():
    """Make the environment anew if it is not the wanted one."""
    wanted, problem = wanted_state(), None
    if not needs_rebuilding(MARK, PYTHON, wanted):
        return
    for uv in installers():
        say("Đang dựng môi trường .venv bằng %s, có thể mất vài phút..." % ("uv" if uv else "pip"))
        try:
            if os.path.lexists(MARK):
                os.remove(MARK)  # first: from here on the environment counts as half made
            if os.path.lexists(VENV):
                shutil.rmtree(VENV)
            for command in recipe(uv):
                run_step(command)
            with open(MARK, "w") as file:
                json.dump(wanted, file)
            say("Môi trường đã sẵn sàng.")
            return
        except Stop as failure:
            problem = failure
    raise problem


def hand_over(arguments, folder=None, with_windows=False):
    """Run a module of the environment and return its exit code."""
    child = subprocess.Popen([PYTHON, "-m"] + arguments, cwd=folder, env=environment(with_windows))
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    while True:
        try:
            code = child.wait()
            return code if code >= 0 else 128 - code
        except KeyboardInterrupt:  # the child received it too, and tidies up before it ends
            pass


def silence_lab():
    """Keep JupyterLab from opening with a question about news."""
    folder = os.path.join(VENV, "share", "jupyter", "lab", "settings")
    if not os.path.isdir(folder):
        os.makedirs(folder)
    answers = {"fetchNews": "false", "checkForUpdates": False}
    with open(os.path.join(folder, "overrides.json"), "w") as file:
        json.dump({"@jupyterlab/apputils-extension:notification": answers}, file)


def run(word, rest):
    """Run one command in an environment made ready first; return its exit code."""
    prepare()
    if word == "lab":
        silence_lab()
    if word not in TOOLS:  # in the user's own folder: paths among the arguments are theirs
        return hand_over(["dxmethod", word] + rest)
    codes = [hand_over(call + rest, ROOT, word == "lab") for call in TOOLS[word]]
    return next((code for code in codes if code), 0)


def main(arguments):
    """Run what the command line asks for; every failure ends in words, not in a traceback."""
    bits = 64 if sys.maxsize > 2**32 else 32
    problem = refusal(tuple(sys.version_info), platform.python_implementation(), bits)
    if problem:
        say(problem)
        return 1
    try:
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(encoding="utf-8")
        if not arguments or arguments[0] in ("-h", "--help", "help"):
            sys.stdout.write(HELP)
            return 0
        return run(arguments[0], arguments[1:])
    except KeyboardInterrupt:
        say("\nĐã dừng theo yêu cầu.")
        return 130
    except Stop as failure:
        say(str(failure))
    except OSError as failure:
        say("%s\n\n%s" % (failure, advice(str(failure))))
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
