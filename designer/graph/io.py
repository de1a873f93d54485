"""Graphs as JSON: reading refuses what is no graph with one clear error, saving never leaves half a file."""

from __future__ import annotations

import gc
import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from designer.errors import Message, message
from designer.graph.errors import GraphError, GraphFileError
from designer.graph.migrations import VERSION, migrate
from designer.graph.model import BLOCK_SIGN, INPUT, OUTPUT, Block, Body, Edge, Graph, Node

FORMAT = "netdesigner-graph"
MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 32
"""Frames inside frames, at most."""


class GraphFile(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The file's top level, field by field as design.md's contract has it."""

    format: Literal["netdesigner-graph"]
    version: int
    name: str = "untitled"
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    blocks: dict[str, Block] = {}
    variables: dict[str, Any] = {}
    recipe: dict[str, Any] = {}


class FragmentFile(msgspec.Struct, kw_only=True):
    """What the clipboard holds: nodes and the wires among them."""

    format: Literal["netdesigner-fragment"]
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    blocks: dict[str, Block] = {}


_RESERVED = (INPUT[0], BLOCK_SIGN)
"""What no node id begins with."""
_file_decoder = msgspec.json.Decoder(GraphFile)


def load(path: str | os.PathLike[str]) -> Graph:
    """Read a graph file.

    Raises:
        GraphFileError: the file is missing, too large, not JSON, not a graph, or of a newer version.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise GraphFileError(message("{path} is a folder; a graph is a .json file.", path=str(path)))
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise GraphFileError(message("{path} has {size} MiB; a graph file has {limit} MiB at most, so it is none.",
                                         path=str(path), size=size >> 20, limit=MAX_BYTES >> 20))  # fmt: skip
        data = path.read_bytes()
    except OSError as error:
        raise GraphFileError(message("{path} cannot be read: {reason}.", path=str(path),
                                     reason=error.strerror or str(error))) from error  # fmt: skip
    return loads(data, str(path))


def loads(data: bytes | str, where: str = "the text") -> Graph:
    """Read a graph from JSON text; `where` names it in errors. Raises GraphFileError."""
    collects = gc.isenabled()
    gc.disable()  # nothing of a growing document is garbage, and the collector would look through it again and again
    try:
        file = _decode(data)
        return _checked(_graph(file, {}) if file else _from_raw(msgspec.json.decode(data)))
    except RecursionError:
        raise GraphFileError(message("{where} is nested too deeply to be a graph.", where=where)) from None
    except (UnicodeDecodeError, UnicodeEncodeError) as error:
        raise GraphFileError(
            message("{where} is not text in UTF-8 (byte {at}).", where=where, at=error.start)
        ) from None
    except msgspec.ValidationError as error:
        raise GraphFileError(message("{where} is not a valid graph: {reason}.", where=where,
                                     reason=str(error).removesuffix("."))) from None  # fmt: skip
    except msgspec.DecodeError as error:
        raise GraphFileError(message("{where} is not complete JSON: {reason}. Was it cut off or edited by hand?",
                                     where=where, reason=str(error))) from None  # fmt: skip
    except GraphFileError:
        raise
    except GraphError as error:
        raise GraphFileError(message("{where}: {reason}", where=where, reason=str(error))) from None
    finally:
        if collects:
            gc.enable()


def _decode(data: bytes | str) -> GraphFile | None:
    """The fast path. None for unknown fields, an older version or a real mistake: the slow path tells them apart."""
    try:
        file = _file_decoder.decode(data)
    except msgspec.ValidationError:
        return None
    return file if file.version == VERSION else None


def _graph(file: GraphFile, extra: dict[str, Any]) -> Graph:
    return Graph(name=file.name, root=Body(file.nodes, file.edges), blocks=file.blocks, variables=file.variables,
                 recipe=file.recipe, extra=extra)  # fmt: skip


def _checked(graph: Graph) -> Graph:
    """Refuse what the types cannot: repeated ids, wires to nowhere, cycles, reserved ids, frames too deep."""
    frames = _check_body(graph.root, is_root=True) + [block.body for block in graph.blocks.values()]
    if frames:
        _check_frames(graph.root, frames)
    return graph


def _check_frames(root: Body, frames: list[Body]) -> None:
    """Check what lies in frames and blocks, level by level; ids must differ across all of them."""
    bodies = [root]
    depth = 0
    while frames:
        depth += 1
        if depth > MAX_DEPTH:
            raise GraphError(message("Frames are nested more than {limit} deep.", limit=MAX_DEPTH))
        bodies += frames
        frames = [inner for body in frames for inner in _check_body(body)]
    seen: set[str] = set()
    for node in (node for body in bodies for node in body.nodes):
        if node.id in seen:
            raise GraphError(message("Two nodes have the id '{id}'; ids must differ, inside frames too.", id=node.id))
        seen.add(node.id)


def _check_body(body: Body, *, is_root: bool = False) -> list[Body]:
    """Check one body; the frames that lie in it, which are not checked yet."""
    place = {node.id: position for position, node in enumerate(body.nodes)}
    lines = "\n".join(["", *place])  # looked through as one text, which is faster; an id may hold line breaks, too
    suspicious = "" in place or any(f"\n{sign}" in lines for sign in _RESERVED)
    if suspicious and any(not node_id or node_id.startswith(_RESERVED) for node_id in place):
        raise GraphError(message("Node ids may not be empty or begin with '@' or '#'."))
    differ = len(place) == len(body.nodes)
    if not is_root:
        place[INPUT], place[OUTPUT] = -1, len(place)
    if not differ or not _flows_in_file_order(place, body.edges):
        _ = body.topology  # the full check, which also says what is wrong
        if is_root and any(edge.source[0] == INPUT or edge.target[0] == OUTPUT for edge in body.edges):
            raise GraphError(message("A wire uses '@in' or '@out', the ports of a frame, but lies in no frame."))
    return [node.body for node in body.nodes if node.body is not None]


def _flows_in_file_order(place: dict[str, int], edges: tuple[Edge, ...]) -> bool:
    """Whether every wire leads from a node to a later one, port by port: then the body is a graph without a cycle.

    Most files are written that way, and this is five times faster than indexing the wiring, which can wait.
    """
    try:
        for edge in edges:
            if place[edge.source[0]] >= place[edge.target[0]]:
                return False
    except KeyError:
        return False
    return len({edge.target for edge in edges}) == len(edges)


def _from_raw(raw: Any) -> Graph:
    """The slow path: files of older versions and files with fields this version does not know."""
    if not isinstance(raw, dict):
        raise GraphError(message("A graph file holds one JSON object, not {found}.", found=type(raw).__name__))
    if raw.get("format") != FORMAT:
        raise GraphError(message("this is not a Net Designer graph: its 'format' is {found}, not '{expected}'.",
                                 found=repr(raw.get("format")), expected=FORMAT))  # fmt: skip
    raw = migrate(raw)
    known, extra = _split(raw, GraphFile)
    known["nodes"] = [_raw_node(n) for n in _list(known, "nodes")]
    if isinstance(known.get("blocks"), dict):
        known["blocks"] = {name: _raw_body(block) for name, block in known["blocks"].items()}
    return _graph(msgspec.convert(known, GraphFile), extra)


def _raw_node(raw: Any) -> Any:
    if not isinstance(raw, dict):
        return raw
    known, extra = _split(_raw_body(raw), Node)
    return {**known, "extra": extra} if extra else known


def _raw_body(raw: Any) -> Any:
    """A frame or block whose nodes keep the fields that are not known here."""
    if not isinstance(raw, dict) or not isinstance(raw.get("body"), dict):
        return raw
    body = dict(raw["body"])
    body["nodes"] = [_raw_node(n) for n in _list(body, "nodes")]
    return {**raw, "body": body}


def _list(raw: Mapping[str, Any], key: str) -> list[Any]:
    value = raw.get(key, [])
    if not isinstance(value, list):
        raise GraphError(message("'{key}' must be a list, not {found}.", key=key, found=type(value).__name__))
    return value


def _split(raw: Mapping[str, Any], struct: type[msgspec.Struct]) -> tuple[dict[str, Any], dict[str, Any]]:
    names = set(struct.__struct_encode_fields__) - {"extra"}
    return {k: v for k, v in raw.items() if k in names}, {k: v for k, v in raw.items() if k not in names}


def dumps(graph: Graph) -> bytes:
    """The graph as UTF-8 JSON, one line for each node and wire, so that versions compare well; ends in a newline."""
    raw = to_builtins(graph)
    lines = [
        f"{_json(key)}: {_rows(value) if key in ('nodes', 'edges') else _json(value)}" for key, value in raw.items()
    ]
    return ("{\n " + ",\n ".join(lines) + "\n}\n").encode()


def _json(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=0).decode()


def _rows(values: list[Any]) -> str:
    return "[\n  " + ",\n  ".join(map(_json, values)) + "\n ]" if values else "[]"


def to_builtins(graph: Graph) -> dict[str, Any]:
    """The graph as the dictionaries and lists of its file."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "name": graph.name,
        "nodes": [_node_raw(n) for n in graph.nodes],
        "edges": msgspec.to_builtins(graph.edges),
        "blocks": {name: _block_raw(block) for name, block in graph.blocks.items()},
        "variables": graph.variables,
        "recipe": graph.recipe,
        **graph.extra,
    }


def _node_raw(node: Node) -> dict[str, Any]:
    raw: dict[str, Any] = {"id": node.id, "type": node.type, "name": node.name, "params": node.params,
                           "position": node.position}  # fmt: skip
    if node.body is not None:
        raw["body"] = _body_raw(node.body)
    return {**raw, **node.extra} if node.extra else raw


def _body_raw(body: Body) -> dict[str, Any]:
    return {"nodes": [_node_raw(n) for n in body.nodes], "edges": msgspec.to_builtins(body.edges)}


def _block_raw(block: Block) -> dict[str, Any]:
    return {"arguments": msgspec.to_builtins(block.arguments), "description": block.description,
            "body": _body_raw(block.body)}  # fmt: skip


def save(graph: Graph, path: str | os.PathLike[str]) -> None:
    """Write the graph; the file is the old one or the whole new one, whatever happens meanwhile.

    Raises:
        GraphFileError: the folder is missing, read-only or full; the old file is untouched.
    """
    write_atomically(Path(path), dumps(graph))


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file whole: temporary file beside it, flush to disk, rename. Raises GraphFileError.

    A link stays a link, and who may read the file stays as it is; a new one may be read by all.
    """
    temporary: str | None = None
    try:
        target = Path(os.path.realpath(path))
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o644
        # A long name with more behind it may be too long for the file system.
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}.", suffix=".tmp")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(mode)
        Path(temporary).replace(target)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        reason: Message | str = error.strerror or str(error)
        raise GraphFileError(
            message("{path} cannot be written: {reason}.", path=str(path), reason=str(reason))
        ) from error


def fragment_dumps(fragment: Body, blocks: Mapping[str, Block] | None = None) -> str:
    """A fragment as the text that copy puts on the clipboard, with the definitions of the blocks in it."""
    raw = {"format": "netdesigner-fragment", "nodes": [_node_raw(n) for n in fragment.nodes],
           "edges": msgspec.to_builtins(fragment.edges)}  # fmt: skip
    if blocks:
        raw["blocks"] = {name: _block_raw(block) for name, block in blocks.items()}
    return msgspec.json.format(msgspec.json.encode(raw), indent=1).decode()


def fragment_loads(text: str) -> Graph:
    """Read a fragment (or a whole graph) from clipboard text: its nodes as the root drawing, and the blocks they use.

    GraphFileError if it holds neither.
    """
    try:
        raw = msgspec.json.decode(text)
        if isinstance(raw, dict) and raw.get("format") == FORMAT:
            return _checked(_from_raw(raw))
        if isinstance(raw, dict):
            raw = {**raw, "nodes": [_raw_node(n) for n in _list(raw, "nodes")]}
            if isinstance(raw.get("blocks"), dict):
                raw["blocks"] = {name: _raw_body(block) for name, block in raw["blocks"].items()}
        file = msgspec.convert(raw, FragmentFile)
        return _checked(Graph(root=Body(file.nodes, file.edges), blocks=file.blocks))
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError, GraphError) as error:
        raise GraphFileError(message("The clipboard holds no nodes: {reason}", reason=str(error))) from None
