"""The commands that developers and continuous integration run; `nox -l` lists them, `nox -s NAME` runs one.

What stands behind `--` goes to the program: `nox -s test -- tests/layers -x`.
"""

import shutil
from pathlib import Path

import nox

nox.options.default_venv_backend = "venv"
nox.options.sessions = ["lint", "types", "test"]

ROOT = Path(__file__).parent
EXTRAS = nox.project.load_toml(ROOT / "pyproject.toml")["project"]["optional-dependencies"]

# With the bounds checks of an ordinary run: with Pkg's own, every package would be compiled again.
JULIA_TESTS = """
import Pkg
Pkg.test(; test_args = ARGS, coverage = {coverage}, julia_args = ["--check-bounds=auto", "--threads=2"])
"""

# Both lists of files are formatted as .JuliaFormatter.toml says.
JULIA_FORMAT = """
using JuliaFormatter
exit(format(ARGS; overwrite = {overwrite}) ? 0 : 1)
"""

JULIA_SOURCES = ["julia", "benchmarks/workers"]


def requirement(name: str) -> str:
    """Return a development tool with its version limits, as pyproject.toml gives it."""
    return next(r for r in EXTRAS["dev"] if r.startswith(name))


def julia_command(session: nox.Session, *arguments: str) -> None:
    """Run the Julia on the PATH."""
    if shutil.which("julia") is None:
        session.skip("julia is not on the PATH")
    session.run("julia", "--startup-file=no", *arguments, external=True)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting of the Python code."""
    session.install(requirement("ruff"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check types, strictly."""
    session.install("-e", ".[dev]")
    session.run("mypy")


@nox.session
def audit(session: nox.Session) -> None:
    """Look up known weaknesses of what pyflux and its extras depend on."""
    session.install("-e", ".[completion,images,labels,onnx,plot,sklearn,tensorboard]", "pip-audit")
    session.run("pip-audit", "--skip-editable")


@nox.session
def test(session: nox.Session) -> None:
    """Run the Python tests, which run Julia's too where Julia can be started."""
    session.install("-e", ".[test]")
    session.run("pytest", *session.posargs)


@nox.session(python=False)
def julia(session: nox.Session) -> None:
    """Run Julia's tests alone; `-- kernels/convolution` chooses a file."""
    julia_command(session, "--project=julia", "-e", JULIA_TESTS.format(coverage="false"), *session.posargs)


@nox.session(python=False)
def julia_format(session: nox.Session) -> None:
    """Check the formatting of the Julia code; `-- --fix` formats it."""
    overwrite = "true" if "--fix" in session.posargs else "false"
    julia_command(session, "--project=@formatter", "-e", 'import Pkg; Pkg.add("JuliaFormatter")')
    julia_command(
        session, "--project=@formatter", "-e", JULIA_FORMAT.format(overwrite=overwrite), *JULIA_SOURCES
    )


@nox.session
def wheel(session: nox.Session) -> None:
    """Build the wheel, install it alone, and run it outside of the checkout."""
    folder = Path(session.create_tmp())
    session.install(requirement("build"))
    session.run("python", "-m", "build", "--wheel", "--outdir", str(folder / "dist"), str(ROOT))
    (built,) = (folder / "dist").glob("*.whl")
    session.install("--force-reinstall", str(built))
    session.chdir(folder)
    session.run("pyflux", "--version")
    session.run("pyflux", "demo", "--seed", "0", "--quiet")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation's site in build/site; a warning is an error."""
    session.install("-e", ".[docs]")
    session.run("mkdocs", "build")


@nox.session
def coverage(session: nox.Session) -> None:
    """Measure which lines the tests of both languages run; the reports are in build/coverage/."""
    session.install("-e", ".[test]", requirement("coverage"))
    folder = ROOT / "build" / "coverage"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    session.run("coverage", "run", "-m", "pytest", *session.posargs)
    session.run("coverage", "combine")
    session.run("coverage", "report")
    session.run("coverage", "lcov", "-o", str(folder / "python.info"))
    if shutil.which("julia") is None:
        session.log("julia is not on the PATH: Julia's lines are not counted")
        return
    tracefile = folder / "julia.info"
    julia_command(session, "--project=julia", "-e", JULIA_TESTS.format(coverage=f'"{tracefile.as_posix()}"'))
    session.log(julia_lines(tracefile))


def julia_lines(tracefile: Path) -> str:
    """Return, from an LCOV file, the share of lines of julia/ that were run, a line a file."""
    counts: dict[str, tuple[int, int]] = {}
    name, hit, found = "", 0, 0
    for line in tracefile.read_text().splitlines():
        key, _, value = line.partition(":")
        if key == "SF":
            name, hit, found = value, 0, 0
        elif key == "DA":
            found += 1
            hit += int(value.split(",")[1]) > 0
        elif key == "end_of_record" and (ROOT / "julia") in Path(name).parents:
            counts[Path(name).relative_to(ROOT).as_posix()] = (hit, found)
    counts["total"] = (sum(h for h, _ in counts.values()), sum(f for _, f in counts.values()))
    rows = [f"{name:55} {h:5} of {f:5}  {h / max(f, 1):4.0%}" for name, (h, f) in counts.items()]
    return "\n".join(["lines of Julia that were run:", *rows])
