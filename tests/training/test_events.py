"""Events survive being cut off, mixed with garbage, and written by several lives of a run."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from designer.errors import message
from designer.training.events import Epoch, EventReader, EventWriter, Finished, Started, Status, Steps

STEPS = Steps(
    first=3,
    epoch=0.5,
    losses=(2.5, 1.25),
    errors=(0.5, 1.0),
    learning_rates=(0.1, 0.1),
    images_per_second=9.0,
    remaining_s=4.0,
)
EVENTS = [
    Status(text=message("Loading {data}", data="畳み込み")),
    Started(
        device="cpu", device_name="A CPU", parameters=10, train_size=90, validation_size=10, test_size=20,
        iterations_per_epoch=2, epochs=3, batch_size=64, classes=("a", "b"),
    ),
    STEPS,
    Epoch(
        epoch=1, iteration=2, training_loss=2.0, training_error=0.5, validation_loss=2.1, validation_error=0.6,
        learning_rate=0.1, seconds=1.0, best_error=0.6, best_epoch=1, images_per_second=90.0,
    ),
    Finished(outcome="failed", text=message("No."), advice=message("Lower {what}", what="it")),
]  # fmt: skip


def write(path: Path, *events: object) -> None:
    with EventWriter(path) as writer:
        for event in events:
            writer.write(event)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write(tmp_path / "e", *EVENTS)
    assert EventReader(tmp_path / "e").poll() == EVENTS


def test_reading_goes_on_where_it_was(tmp_path: Path) -> None:
    reader = EventReader(tmp_path / "e")
    assert reader.poll() == []
    write(tmp_path / "e", *EVENTS[:2])
    assert reader.poll() == EVENTS[:2]
    assert reader.poll() == []
    write(tmp_path / "e", *EVENTS[2:])
    assert reader.poll() == EVENTS[2:]


@given(st.lists(st.integers(0, 2_000), max_size=6))
def test_a_half_written_line_waits_for_its_other_half(tmp_path_factory, cuts: list[int]) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path_factory.mktemp("events")
    write(folder / "whole", *EVENTS)
    data = (folder / "whole").read_bytes()
    reader, found, at = EventReader(folder / "e"), [], 0
    with (folder / "e").open("ab", buffering=0) as file:
        for cut in [*sorted(cuts), len(data)]:
            file.write(data[at : max(at, cut)])
            at = max(at, cut)
            found += reader.poll()
    assert found == EVENTS


def test_garbage_lines_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "e"
    write(path, EVENTS[0])
    with path.open("ab") as file:
        file.write(b'\x00\xff\xfe\n{"event":"Steps"}\n{"event":"Later"}\n[]\n' + b"[" * 5_000 + b"\n")
    write(path, STEPS)
    assert EventReader(path).poll() == [EVENTS[0], STEPS]


@pytest.mark.parametrize("template", ["{dat}", "{data", "{}", "{data.x}", "{data[1]}"])
def test_a_line_whose_text_cannot_be_filled_is_skipped(tmp_path: Path, template: str) -> None:
    path = tmp_path / "events.jsonl"
    texts = ({"template": text, "values": {"data": "x"}} for text in ("{data}", template))
    path.write_text("".join(json.dumps({"event": "Status", "text": text}) + "\n" for text in texts))
    assert [str(event.text) for event in EventReader(path).poll() if isinstance(event, Status)] == ["x"]


def test_a_new_life_begins_on_a_line_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "e"
    write(path, EVENTS[0])
    path.write_bytes(path.read_bytes() + b'{"event":"Ste')
    write(path, STEPS)
    assert EventReader(path).poll() == [EVENTS[0], STEPS]


def test_a_replaced_file_is_read_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "e"
    write(path, *EVENTS)
    reader = EventReader(path)
    reader.poll()
    path.unlink()
    write(path, STEPS)
    assert reader.poll() == [STEPS]


def test_messages_within_messages_come_back_as_messages(tmp_path: Path) -> None:
    inner = message("{count} rows", count=3)
    write(tmp_path / "e", Status(text=message("It drops {what}.", what=inner)))
    (event,) = EventReader(tmp_path / "e").poll()
    assert isinstance(event, Status)
    assert (str(event.text), event.text.values["what"]) == ("It drops 3 rows.", inner)


def test_messages_keep_template_and_values(tmp_path: Path) -> None:
    write(tmp_path / "e", EVENTS[0])
    (event,) = EventReader(tmp_path / "e").poll()
    assert isinstance(event, Status)
    assert (event.text.template, event.text.values) == ("Loading {data}", {"data": "畳み込み"})


def test_a_reader_that_must_not_take_long_reads_in_parts(tmp_path: Path) -> None:
    with EventWriter(tmp_path / "e") as writer:
        for event in EVENTS:
            writer.write(event)
    reader, parts = EventReader(tmp_path / "e", 40), 1
    found = reader.poll()
    while reader.is_behind:
        found += reader.poll()
        parts += 1
    assert found == EVENTS and parts > len(EVENTS)
