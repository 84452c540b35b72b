"""The formats that programs read: valid by their schemas, whatever the names are."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest
from findings import CHECKED, EVERYTHING, HOSTILE, MANY, NOTE, PROJECT, RULES, WARNING, checks
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from graphview.formats import FORMATS, summary, write
from graphview.model.finding import Checked, Clause, Finding

SCHEMAS = Path(__file__).parent / "data" / "schemas"
XSD = etree.XMLSchema(etree.parse(SCHEMAS / "junit-10.xsd"))
ALL = [*CHECKED.values(), MANY]


def validator(name: str) -> Any:
    schema = json.loads((SCHEMAS / name).read_text(encoding="utf-8"))
    return jsonschema.validators.validator_for(schema)(schema)


SARIF, GITLAB = validator("sarif-2.1.0.json"), validator("gitlab-code-quality.json")


def written(checked: Checked, format: str) -> str:
    return write(checked, format, rules=RULES, folder=PROJECT)


def sarif(checked: Checked) -> dict[str, Any]:
    log = json.loads(written(checked, "sarif"))
    SARIF.validate(log)
    return log["runs"][0]


def gitlab(checked: Checked) -> list[dict[str, Any]]:
    issues = json.loads(written(checked, "gitlab"))
    GITLAB.validate(issues)
    return issues


def junit(checked: Checked) -> etree._Element:
    suites = etree.fromstring(written(checked, "junit").encode())
    XSD.assertValid(suites)
    return suites


@pytest.mark.parametrize("checked", ALL)
def test_valid_by_its_schema(checked: Checked) -> None:
    assert len(sarif(checked)["results"]) == len(checked.findings)
    assert len(gitlab(checked)) == len(checked.findings)
    assert junit(checked).tag == "testsuites"


@settings(max_examples=40)
@given(checks)
def test_valid_whatever_the_texts_are(checked: Checked) -> None:
    for format in FORMATS:
        written(checked, format).encode()
    summary(checked, folder=PROJECT).encode()
    json.loads(written(checked, "json"))
    assert len(sarif(checked)["results"]) == len(gitlab(checked)) == len(checked.findings)
    junit(checked)


@settings(max_examples=20)
@given(checks, st.integers(0, 200))
def test_the_same_twice(checked: Checked, width: int) -> None:
    for format in FORMATS:
        first, second = (write(checked, format, width=width, folder=PROJECT) for _ in range(2))
        assert first == second


@settings(max_examples=40)
@given(checks)
def test_a_runner_obeys_only_what_is_meant(checked: Checked) -> None:
    """No name starts a line with `::` or has `##[` in it, which GitHub and Azure would obey."""
    for format in ("text", "concise"):
        for line in written(checked, format).split("\n"):
            assert not line.lstrip().startswith("::")
            assert not re.search(r"##(\[|vso\[)", line)
    lines = written(checked, "github").rstrip("\n").split("\n")
    commands = [line for line in lines if line.lstrip().startswith("::")]
    assert len(commands) == len(lines) - 1 == min(len(checked.findings), 10)
    assert all(re.match(r"::(error|warning|notice) [^\r]*::", command) for command in commands)


def test_json_has_all_of_a_finding() -> None:
    told = json.loads(written(CHECKED["everything"], "json"))
    (finding,) = told["findings"]
    assert finding == json.loads(json.dumps(asdict(EVERYTHING)))
    assert told["schema"] == 1
    assert told["summary"] == {
        **{"causes": 1, "errors": 1, "warnings": 0, "notes": 0},
        **{"clauses": 6, "broken": 5, "passed": 1},
    }
    assert [each["broken"] for each in told["clauses"]] == [True, True, False, True, True, True]


def test_json_has_its_keys_in_the_order_of_the_model() -> None:
    told = json.loads(written(CHECKED["everything"], "json"))
    assert list(told) == ["schema", "summary", "findings", "clauses"]
    assert list(told["findings"][0])[:4] == ["code", "name", "severity", "clause"]


def test_junit_has_a_case_for_each_clause() -> None:
    suites = junit(CHECKED["everything"])
    cases = {
        (case.get("classname"), case.get("name")): [child.tag for child in case]
        for case in suites.iter("testcase")
    }
    assert cases == {
        ("lesson.loss", "leaves"): ["failure"],
        ("lesson.loss", "operations"): ["failure"],
        ("lesson.loss", "opaque"): [],
        ("lesson.yhat", "leaves"): ["failure"],
        ("lesson.error", "leaves"): ["failure"],
        ("gan.loss", "leaves"): ["failure"],
    }
    assert [(suite.get("name"), suite.get("tests"), suite.get("failures")) for suite in suites] == [
        ("lesson", "5", "4"),
        ("gan", "1", "1"),
    ]


def test_junit_says_what_a_failure_comes_with() -> None:
    suites = junit(CHECKED["everything"])
    (yhat,) = suites.findall(".//testcase[@classname='lesson.yhat']/failure")
    assert yhat.text.endswith("cause     GV103 leaf-unexpected  lesson/loss")
    (operations,) = suites.findall(".//testcase[@name='operations']/failure")
    assert operations.get("message") == "ToCopyBackward0 (and 1 more)"
    assert operations.get("type") == "GV108 operation-forbidden"


def test_junit_does_not_fail_for_a_warning() -> None:
    (case,) = junit(Checked((), (WARNING,))).iter("testcase")
    assert [child.tag for child in case] == ["system-out"]
    assert "GV116 opaque (warning)" in case[0].text


def test_github_shows_the_worst_and_counts_the_rest() -> None:
    lines = written(MANY, "github").splitlines()
    assert [line.split(" ")[0] for line in lines[:-1]] == ["::error"] * 9 + ["::notice"]
    assert lines[-2].endswith("::and 491 more: 241 errors, 250 warnings")
    assert lines[-1] == "500 causes (250 errors, 250 warnings), 250 broken clauses; 0 passed"


def test_github_escapes() -> None:
    clause = Clause("t", "g", "k", "a,b:c%.toml", 3)
    finding = Finding("GV1", "n", "note", clause, "50% :: a,\nb", hint="first\r\nsecond")
    assert write(Checked((), (finding,)), "github").splitlines()[0] == (
        "::notice file=a%2Cb%3Ac%25.toml,line=3,endLine=3,title=GV1 n"
        "::50%25 :: a, b [t/g]%0Ahint: first second"
    )


def test_github_leaves_out_columns_of_more_than_one_line() -> None:
    assert WARNING.source is not None
    one = written(Checked((), (WARNING,)), "github")
    assert "line=10,col=36,endLine=10,endColumn=46," in one
    two = replace(WARNING, source=replace(WARNING.source, end_line=11))
    assert "line=10,endLine=11,title=" in written(Checked((), (two,)), "github")


def test_github_says_no_file_where_there_is_none() -> None:
    assert written(CHECKED["nowhere"], "github").startswith("::error title=GV101 root-missing::")


def test_gitlab_takes_the_contract_where_there_is_no_source() -> None:
    issues = gitlab(Checked((), (WARNING, NOTE, *CHECKED["nowhere"].findings)))
    assert [(each["severity"], each["location"]) for each in issues] == [
        ("minor", {"path": "train.py", "lines": {"begin": 10}}),
        ("info", {"path": "graphview.toml", "lines": {"begin": 20}}),
        ("major", {"path": "graphview.toml", "lines": {"begin": 1}}),
    ]


def prints(checked: Checked) -> list[str]:
    """The fingerprints, which GitLab and SARIF have in common."""
    of_sarif = [each["partialFingerprints"] for each in sarif(checked)["results"]]
    of_gitlab = [each["fingerprint"] for each in gitlab(checked)]
    assert of_sarif == [{"graphviewFinding/v1": each} for each in of_gitlab]
    return of_gitlab


def test_a_fingerprint_outlives_a_moved_line() -> None:
    assert EVERYTHING.source is not None
    moved = replace(
        EVERYTHING,
        source=replace(EVERYTHING.source, line=70, end_line=71, file="other.py"),
        clause=replace(EVERYTHING.clause, line=99),
        message="said in other words",
    )
    assert prints(Checked((), (EVERYTHING,))) == prints(Checked((), (moved,)))


@pytest.mark.parametrize(
    "other",
    [
        replace(EVERYTHING, code="GV104"),
        replace(EVERYTHING, expected="leaf `b`"),
        replace(EVERYTHING, module="net.other"),
        replace(EVERYTHING, clause=replace(EVERYTHING.clause, graph="yhat")),
        replace(EVERYTHING, clause=replace(EVERYTHING.clause, target="gan")),
    ],
)
def test_another_finding_has_another_fingerprint(other: Finding) -> None:
    assert len(set(prints(Checked((), (EVERYTHING, other))))) == 2
    assert prints(Checked((), (EVERYTHING,))) != prints(Checked((), (other,)))


def test_equal_findings_are_told_apart() -> None:
    first, second = prints(Checked((), (EVERYTHING, EVERYTHING)))
    assert first != second
    assert [first] == prints(Checked((), (EVERYTHING,)))


def test_sarif_leads_along_the_path() -> None:
    (result,) = sarif(CHECKED["everything"])["results"]
    (flow,) = result["codeFlows"]
    steps = flow["threadFlows"][0]["locations"]
    assert [each["location"]["message"]["text"] for each in steps] == [
        *("loss", "SumBackward0", "MulBackward0", "ToCopyBackward0")
    ]
    assert result["properties"]["path"] == [point.name for point in EVERYTHING.path]
    region = result["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 7, "endLine": 7, "startColumn": 9, "endColumn": 61}


def test_sarif_relates_what_comes_of_the_same_cause() -> None:
    (result,) = sarif(CHECKED["everything"])["results"]
    related = result["relatedLocations"]
    assert [each["id"] for each in related] == [1, 2, 3, 4, 5]
    assert related[2]["message"]["text"] == "GV103 `a` is not among the leaves [gan/loss]"
    assert related[2]["physicalLocation"]["region"]["startLine"] == 20


def test_sarif_has_the_help_of_the_rules_that_are_known() -> None:
    run = sarif(CHECKED["several"])
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert list(rules) == ["GV103", "GV106", "GV116", "GV121"]
    assert rules["GV103"]["help"]["text"].endswith("Name it under `leaves`, or detach it.")
    assert rules["GV116"] == {"id": "GV116", "name": "opaque"}
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("a b/c%20#?.py", "a%20b/c%2520%23%3F.py"),
        (str(PROJECT / "sub" / "ü.py"), "sub/%C3%BC.py"),
        ("http://x", "http%3A//x"),
        ("<stdin>", "%3Cstdin%3E"),
    ],
)
def test_sarif_has_relative_uris(file: str, uri: str) -> None:
    finding = replace(NOTE, clause=replace(NOTE.clause, file=file))
    (result,) = sarif(Checked((), (finding,)))["results"]
    artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": uri, "uriBaseId": "%SRCROOT%"}


def test_sarif_names_a_file_from_elsewhere_by_its_whole_path() -> None:
    elsewhere = PROJECT.parent / "a b.py"
    finding = replace(NOTE, clause=replace(NOTE.clause, file=str(elsewhere)))
    (result,) = sarif(Checked((), (finding,)))["results"]
    artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert unquote(artifact["uri"]) == f"file://{elsewhere.as_posix()}"
    assert "uriBaseId" not in artifact


def test_sarif_makes_no_links_of_names() -> None:
    finding = replace(NOTE, message="[here](https://x) and x[0]")
    (result,) = sarif(Checked((), (finding,)))["results"]
    assert result["message"]["text"].startswith(r"\[here\](https://x) and x\[0\]")
    plain = replace(NOTE, message="x[0]")
    assert sarif(Checked((), (plain,)))["results"][0]["message"]["text"].startswith("x[0] [gan")


def test_concise_is_one_line_each() -> None:
    assert written(CHECKED["several"], "concise").splitlines() == [
        "train.py:10:36: GV116 warning: `Scale` is opaque [lesson/loss]",
        "train.py:7:9: GV103 `a` is not a leaf: it is the result of ToCopyBackward0 [lesson/loss]",
        "graphview.toml:20:1: GV121 note: `b` matches nothing [gan/loss]",
        "train.py:8:12: GV106 fc1.weight does not reach yhat [lesson/yhat]",
    ]
    assert written(CHECKED["hostile"], "concise").count("\n") == 2
    assert written(CHECKED["nothing"], "concise") == ""


def test_the_summary_has_a_fence_that_holds() -> None:
    finding = replace(NOTE, message="```` and so on", hint="`````\n# no heading")
    told = summary(Checked((), (finding,)), folder=PROJECT)
    assert told.startswith("### graphview: 1 cause (1 note), 1 broken clause; 0 passed\n")
    assert told.count("``````") == 2


def test_the_summary_is_not_larger_than_github_takes() -> None:
    finding = replace(EVERYTHING, message=HOSTILE * 12, hint=HOSTILE * 12)
    told = summary(Checked((), (finding,) * 500), folder=PROJECT)
    assert 800_000 < len(told.encode()) < 2**20
    assert re.search(r"\nand [1-9]\d\d more\n$", told)


@pytest.mark.parametrize("format", FORMATS)
def test_loads_only_what_it_needs(format: str) -> None:
    """Nothing heavy comes along: what the command line would have to wait for."""
    code = (
        "import sys\nfrom graphview.formats import write\n"
        "from graphview.model.finding import Checked\n"
        "write(Checked(()), sys.argv[1]); print(*sys.modules)"
    )
    command = [sys.executable, "-c", code, format]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    heavy = {"torch", "numpy", "jinja2", "http", "ssl", "asyncio", "msgspec", "yaml"}
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert not heavy & loaded
    assert ("xml" in loaded) == (format == "junit")
