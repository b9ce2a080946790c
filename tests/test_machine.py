"""What the processor can do is read from what the system says of it."""

from pathlib import Path

import pytest

from camera_pipeline import machine


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        ("model name\t: X\nflags\t\t: fpu avx2 avx512_vnni avx512f\n", ("avx512_vnni",)),
        ("flags\t\t: amx_tile amx_int8 avx_vnni\nflags\t\t: amx_int8\n", ("amx_int8", "avx_vnni")),
        ("Features\t: fp asimd asimddp i8mm\n", ("asimddp", "i8mm")),
        ("flags\t\t: fpu avx2 avx512_vnni_like\n", ()),
        ("", ()),
    ],
    ids=["a server of 2019", "two instructions, two cores", "an ARM board", "none", "a system that says nothing"],
)
def test_instructions_for_integers_are_found(
    monkeypatch: pytest.MonkeyPatch, info: str, expected: tuple[str, ...]
) -> None:
    monkeypatch.setattr(machine, "_cpu_info", lambda: info)
    assert machine.integer_instructions() == expected


def test_the_processor_has_a_name_and_cores() -> None:
    assert machine.processor()
    assert machine.cores() >= 1


def test_this_machines_instructions_are_flags_that_it_names() -> None:
    info = Path("/proc/cpuinfo")
    if not info.exists():
        pytest.skip("this system has no /proc/cpuinfo")
    assert set(machine.integer_instructions()) <= set(info.read_text(encoding="utf-8").split())
