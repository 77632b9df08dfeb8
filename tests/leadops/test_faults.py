"""What the log is told of a fault of ours."""

from __future__ import annotations

from leadops.faults import place_of, trace_of
from leadops.sealing import parse_keys


def fault() -> ValueError:
    try:
        parse_keys("300:JUVPK1179B")
    except ValueError as error:
        return error
    raise AssertionError("such a key is no key")


def test_a_place_is_a_module_a_line_and_a_function():
    told = place_of(fault())
    assert told.startswith("Error at base64:")
    assert told.endswith(" in b64decode")


def test_an_error_that_nobody_raised_has_no_place():
    assert place_of(ValueError("JUVPK1179B")) == "ValueError at an unknown place"


def test_a_trace_tells_the_way_and_neither_values_nor_paths_of_the_machine():
    kind, *places = trace_of(fault()).splitlines()
    assert kind == "binascii.Error"
    assert [place.rpartition(" in ")[2] for place in places] == ["fault", "parse_keys", "b64decode"]
    assert places[1].startswith("  leadops.sealing:")
    assert not any("/" in place or "JUVPK" in place for place in places)
