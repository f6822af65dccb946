"""Files beside entries of the log: taken for what they are, refused with a clear sentence, never half there."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from rhinecloud.base.errors import BadRequestData, PayloadTooLarge, Refused, ResourceNotFound, UnsupportedMediaType
from rhinecloud.operations.collaboration import files, kinds
from rhinecloud.operations.collaboration.files import Files

from .centre import shelf

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


def archive(**parts: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name, text in parts.items():
            file.writestr(name.replace("__", "/").replace("_dot_", "."), text)
    return made.getvalue()


def document(folder: str, *more: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name in ("[Content_Types].xml", f"{folder}/document.xml", *more):
            file.writestr(name, "<x/>")
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "type"),
    [
        ("a.png", PNG, "image/png"),
        ("A.JPG", b"\xff\xd8\xff\xe0" + b"\x00" * 20, "image/jpeg"),
        ("plan.pdf", b"%PDF-1.7\n", "application/pdf"),
        ("film.mp4", b"\x00\x00\x00\x20ftypisom" + b"\x00" * 20, "video/mp4"),
        ("clip.mov", b"\x00\x00\x00\x14ftypqt  " + b"\x00" * 20, "video/quicktime"),
        ("talk.m4a", b"\x00\x00\x00\x20ftypM4A " + b"\x00" * 20, "audio/mp4"),
        ("voice.wav", b"RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wav"),
        ("letter.docx", document("word"), kinds.DOCX.type),
        ("list.xlsx", document("xl"), kinds.XLSX.type),
        ("notes.txt", "Öl auf der Ruhr\n".encode(), "text/plain"),
        ("units.csv", b"id;name\n1;HLF\n", "text/csv"),
        ("area.geojson", b'{"type":"Point","coordinates":[6.7,51.4]}', "application/json"),
        ("Übersicht Süd.png", PNG, "image/png"),
    ],
)
def test_a_file_is_what_its_content_says(name: str, content: bytes, type: str) -> None:
    assert kinds.kind_of(kinds.name_of(name), io.BytesIO(content)).type == type


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("photo.png", b"MZ\x90\x00\x03" + b"\x00" * 60, "none of the kinds"),
        ("photo.png", b"%PDF-1.7\n", r"says \.png, but its content is PDF; name it \.pdf"),
        ("plan.pdf", PNG, r"says \.pdf, but its content is PNG"),
        ("plan", PNG, "says nothing of what it is"),
        ("page.txt", b"<!DOCTYPE html><script>alert(1)</script>", "none of the kinds"),
        ("page.html", b"<html></html>", "none of the kinds"),
        ("sign.svg", b"<svg xmlns='x' onload='alert(1)'/>", "none of the kinds"),
        ("run.txt", b"#!/bin/sh\nrm -rf /\n", "none of the kinds"),
        ("data.json", b"{not json", "none of the kinds"),
        ("deep.json", b"[" * 200_000, "none of the kinds"),
        ("latin.txt", "Öl".encode("latin-1"), "none of the kinds"),
        ("bell.txt", b"a\x07b", "none of the kinds"),
        ("nul.txt", b"a\x00b", "none of the kinds"),
        ("things.zip", archive(a_dot_txt="x"), "none of the kinds"),
        ("macro.docx", document("word", "word/vbaProject.bin"), "carries a program"),
        ("letter.docx", b"PK\x03\x04" + b"broken" * 20, "is damaged"),
        ("letter.odt", archive(mimetype="application/x-evil"), "none of the kinds"),
        ("empty.txt", b"", "is empty"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused_with_the_reason(name: str, content: bytes, why: str) -> None:
    with pytest.raises(Refused, match=why):
        kinds.kind_of(name, io.BytesIO(content))


@pytest.mark.parametrize(
    "name",
    ["", "   ", "...", "a\x00.png", "a\n.png", "photo\u202egnp.exe", "a\u200b.png", "x" * 160 + ".png", "a\ud800.png"],
)
def test_an_odd_name_is_refused(name: str) -> None:
    with pytest.raises(BadRequestData, match="name"):
        kinds.name_of(name)


@pytest.mark.parametrize("given", ["../../etc/passwd.txt", "C:\\fakepath\\plan.pdf", "/a/b/c.png", "..\\..\\x.txt"])
def test_a_name_is_never_a_path(given: str) -> None:
    assert "/" not in kinds.name_of(given)
    assert "\\" not in kinds.name_of(given)


def test_names_are_kept_in_one_form_of_unicode() -> None:
    assert kinds.name_of("U\u0308bersicht.png") == "Übersicht.png"


def test_what_is_too_large_or_too_many_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = shelf(tmp_path, lambda: 1)
    monkeypatch.setattr(files, "LARGEST", 1000)
    with pytest.raises(PayloadTooLarge, match="at most"), Files(at).arriving([("a.png", io.BytesIO(PNG * 100))]):
        pass
    with pytest.raises(PayloadTooLarge, match="At most 10"), Files(at).arriving([("a.png", io.BytesIO(PNG))] * 11):
        pass
    assert not [p for p in (tmp_path / "city" / "files").rglob("*") if p.is_file()]
    at.close()


def test_a_file_that_was_there_before_survives_a_refusal(tmp_path: Path) -> None:
    at = shelf(tmp_path, lambda: 1)
    with Files(at).arriving([("a.png", io.BytesIO(PNG))]) as arrived, at.work(files.SYSTEM) as work:
        (file,) = arrived.place()
        work.run("INSERT INTO log_file VALUES ('i', 1, ?)", file.sha256)
    again = Files(at).arriving([("b.png", io.BytesIO(PNG))])
    with pytest.raises(ValueError, match="no"), again as arrived, at.work(files.SYSTEM):
        arrived.place()
        raise ValueError("no")
    with Files(at).open(file.sha256) as content:
        assert content.read() == PNG
    at.close()


@pytest.mark.parametrize("name", ["", "..", "../../x", "0" * 63, "G" * 64, "0" * 64])
def test_only_hashes_are_opened(tmp_path: Path, name: str) -> None:
    at = shelf(tmp_path, lambda: 1)
    with pytest.raises(ResourceNotFound):
        Files(at).open(name)
    at.close()


def test_what_is_none_of_ours_is_no_known_type() -> None:
    assert len(kinds.BY_TYPE) == len(kinds.KINDS)
    with pytest.raises(UnsupportedMediaType):
        kinds.kind_of("a.exe", io.BytesIO(b"MZ"))
