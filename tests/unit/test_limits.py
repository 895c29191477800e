"""What a program has written is counted, and what the kernel is told of its limits."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from snakespice.processes.limits import MB, Limits, OutputMeter, inherited_limits, rlimits


def test_everything_below_the_directory_and_the_captured_output_count(tmp_path: Path) -> None:
    place, elsewhere = tmp_path / "case", tmp_path / "elsewhere"
    (place / "a/b").mkdir(parents=True)
    (place / "a/b/deep").write_bytes(bytes(100))
    (place / "flat").write_bytes(bytes(20))
    elsewhere.mkdir()
    (elsewhere / "large").write_bytes(bytes(5000))
    (place / "directory").symlink_to(elsewhere)
    link = place / "file"
    link.symlink_to(elsewhere / "large")
    with (tmp_path / "captured").open("wb") as captured:
        captured.write(bytes(3))
        captured.flush()
        size = 123 + link.lstat().st_size + (place / "directory").lstat().st_size
        assert OutputMeter(place, captured, size).is_too_large()
        assert not OutputMeter(place, captured, size + 1).is_too_large()


def test_in_a_hurry_it_looks_seldom(tmp_path: Path) -> None:
    with (tmp_path / "captured").open("wb") as captured:
        output = OutputMeter(tmp_path, captured, 10)
        assert not output.is_too_large(hurried=True)
        (tmp_path / "more").write_bytes(bytes(10))
        output._next_look = float("inf")
        assert not output.is_too_large(hurried=True)
        assert output.is_too_large()


def test_what_the_kernel_keeps() -> None:
    wanted = {resource.RLIMIT_AS: 50 * MB, resource.RLIMIT_CORE: 0}
    assert rlimits(Limits(1, 50)) == wanted
    wanted[resource.RLIMIT_FSIZE] = int(1.5 * MB)
    assert rlimits(Limits(1, 50, 1.5)) == wanted


def test_no_limit_is_higher_than_what_this_process_may_have(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _kind: (5 * MB, 7 * MB))
    kept = rlimits(Limits(1, 51, 3))
    assert kept == {
        resource.RLIMIT_AS: 7 * MB,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 3 * MB,
    }


def test_limits_are_lowered_for_a_moment_only() -> None:
    kinds = (resource.RLIMIT_AS, resource.RLIMIT_CORE, resource.RLIMIT_FSIZE)
    before = [resource.getrlimit(kind) for kind in kinds]
    with pytest.raises(ZeroDivisionError), inherited_limits(Limits(1, 100_000, 9)):
        assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == 9 * MB
        assert resource.getrlimit(resource.RLIMIT_CORE)[0] == 0
        assert resource.getrlimit(resource.RLIMIT_AS)[0] <= 100_000 * MB
        raise ZeroDivisionError
    assert [resource.getrlimit(kind) for kind in kinds] == before
    with inherited_limits(Limits(1, 1)):  # less than it holds: it must be able to go on
        bytearray(8 * MB)
