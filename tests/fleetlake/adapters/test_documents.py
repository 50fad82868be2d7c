import pytest

from fleetlake.adapters.documents import Unreadable, documents, lines


def written(folder, content):
    path = folder / "input.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_documents_are_read_pretty_printed_and_one_a_line(tmp_path):
    path = written(tmp_path, '{\n "a": 1\n}\n\n{"b": 2}\n{"c": 3} {"d": 4}')
    assert list(documents(path)) == [(1, {"a": 1}), (5, {"b": 2}), (6, {"c": 3}), (6, {"d": 4})]


def test_lines_are_numbered_and_blank_ones_passed_over(tmp_path):
    assert list(lines(written(tmp_path, '{"a": 1}\n\n[2]\n'))) == [(1, {"a": 1}), (3, [2])]


@pytest.mark.parametrize("read", [documents, lines])
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"a": 1}\n{"a" 2}', "line 2: Expecting ':' delimiter at column 6"),
        ('{"a": 1}\n{"a": NaN}', "line 2: NaN is not JSON"),
        ('{"a": 1}\n{"b": 1, "b": 2}', "line 2: the name 'b' stands twice in one object"),
        ('{"a": 1}\n' + "[" * 100_000, "line 2: nested too deeply"),
        (b'{"a": 1}\n"\xff"', "line 2: not UTF-8"),
    ],
)
def test_what_cannot_be_read_names_file_line_and_reason(tmp_path, read, content, reason):
    path = written(tmp_path, content)
    with pytest.raises(Unreadable) as unreadable:
        list(read(path))
    assert str(unreadable.value) == f"{path}, {reason}"


def test_what_was_good_before_is_given_first(tmp_path):
    given = documents(written(tmp_path, '{"a": 1}\n{'))
    assert next(given) == (1, {"a": 1})
    with pytest.raises(Unreadable):
        next(given)


@pytest.mark.parametrize("read", [documents, lines])
def test_a_missing_file_says_so(tmp_path, read):
    with pytest.raises(Unreadable, match=r"none\.json: No such file or directory"):
        list(read(tmp_path / "none.json"))
