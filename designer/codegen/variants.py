"""Drafts of the same body that differ in constants become one class, whose constructor takes what differs.

This is anti-unification: what the variants share is the class's text, what they do not becomes a parameter. Variants
whose statements differ in more than constants become classes of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Any, NamedTuple

from designer.codegen.construction import Construction
from designer.codegen.draft import Draft, Statement
from designer.codegen.names import Namespace
from designer.codegen.parameters import Given, Parameters, Use, arguments
from designer.codegen.templates import Slot, aligned, template
from designer.layers.base import Shape

LOCALS = ("i", "module")
"""Variables of the constructor that no parameter may hide."""
SIZES = {2: ("length",), 3: ("height", "width"), 4: ("depth", "height", "width")}
"""What the axes behind the channels are called."""


class Variant(NamedTuple):
    """One way in which a body is used."""

    draft: Draft
    entering: tuple[Shape, ...]
    env: Mapping[str, Any]
    """The values of what its formulas name."""
    stems: Mapping[str, str]
    """For each node id its attribute."""
    space: Namespace
    """Hands out further attributes."""


class Merger:
    """Turns variants of bodies into classes."""

    def __init__(self, claim: Callable[[str], str]) -> None:
        self._claim = claim
        self.signatures: dict[str, list[str]] = {}
        """The constructors' parameters of the classes so far."""

    def merge(
        self, variants: Sequence[Variant], defaults: Mapping[str, Any], *, is_block: bool
    ) -> tuple[list[Draft], list[Construction]]:
        """The classes for variants of one body, and for each variant how it is constructed.

        `defaults` are the arguments of the block around.
        """
        groups: dict[object, list[int]] = {}
        even = variants if _are_alike(variants) else _aligned(variants)
        for number, variant in enumerate(even):
            groups.setdefault(None if even is variants else _skeleton(variant.draft), []).append(number)
        drafts: list[Draft] = []
        made: dict[int, Construction] = {}
        for members in groups.values():
            group = [variants[number] for number in members]
            if not _are_alike(group):
                group = [even[number] for number in members]
            class_ = _Class(group, arguments(defaults, [v.env for v in group], is_block=is_block), self.signatures)
            name = group[0].draft.name
            draft = class_.draft(self._claim(f"{name}{len(drafts) + 1}") if drafts else name)
            drafts.append(draft)
            self.signatures[draft.name] = [parameter.name for parameter in class_.parameters.all]
            made.update(zip(members, class_.constructions(draft.name), strict=True))
        return drafts, [made[number] for number in range(len(variants))]


def _are_alike(variants: Sequence[Variant]) -> bool:
    """Whether their statements are the same."""
    first = variants[0].draft
    texts = [[s.text for s in statements] for statements in (first.init, first.methods)]
    return all(
        [[s.text for s in statements] for statements in (variant.draft.init, variant.draft.methods)] == texts
        for variant in variants[1:]
    )


def _aligned(variants: Sequence[Variant]) -> list[Variant]:
    """The variants with the same arguments in the constructions of modules, where only defaults were left out."""
    columns = list(zip_longest(*(variant.draft.init for variant in variants), fillvalue=Statement()))
    texts = [aligned([statement.text for statement in column]) for column in columns]
    return [
        variant._replace(draft=replace(variant.draft, init=[
            statement._replace(text=column[number])
            for statement, column in zip(variant.draft.init, texts, strict=False)
        ]))
        for number, variant in enumerate(variants)
    ]  # fmt: skip


def _skeleton(draft: Draft) -> object:
    """What drafts of one class have in common: all but their constants and comments."""
    return tuple(
        (template(s.text).pieces, s.nodes, s.depth) for statements in (draft.init, draft.methods) for s in statements
    ), len(draft.init)


class _Class:
    """Variants with the same skeleton."""

    def __init__(
        self, variants: Sequence[Variant], given: Iterable[Given], signatures: Mapping[str, list[str]]
    ) -> None:
        self.variants = variants
        self.signatures = signatures
        self.parameters = Parameters([*given, *_sizes([v.entering for v in variants])], [*signatures, *LOCALS])
        self._attributes: dict[str, str] = {}
        """For each parameter that a method reads, where the constructor keeps it."""

    def draft(self, name: str) -> Draft:
        """The class."""
        first = self.variants[0].draft
        if len(self.variants) == 1:
            return Draft(name, first.doc, first.node, [], first.init, first.methods)
        init = self._section([v.draft.init for v in self.variants], in_method=False)
        methods = self._section([v.draft.methods for v in self.variants], in_method=True)
        kept = [Statement(f"self.{attribute} = {name}") for name, attribute in self._attributes.items()]
        declared = [parameter.declaration for parameter in self.parameters.all]
        return Draft(name, first.doc, first.node, declared, [*kept, *init], methods)

    def constructions(self, name: str) -> list[Construction]:
        """How each of the variants is constructed."""
        found = self.parameters.all
        columns = [[(parameter.name, text) for text in parameter.texts] for parameter in found]
        return [Construction(name, tuple(c[number] for c in columns)) for number in range(len(self.variants))]

    def _section(self, drafts: Sequence[Sequence[Statement]], *, in_method: bool) -> list[Statement]:
        return [self._merged(statements, in_method) for statements in zip(*drafts, strict=True)]

    def _merged(self, statements: tuple[Statement, ...], in_method: bool) -> Statement:
        first = statements[0]
        comment = first.comment if len({s.comment for s in statements}) == 1 else ""
        if len({s.text for s in statements}) == 1:
            return first._replace(comment=comment)
        found = [template(s.text) for s in statements]
        stem = next((self.variants[0].stems[node] for node in first.nodes if node in self.variants[0].stems), "value")
        texts = [self._slot(slots, stem, in_method) for slots in zip(*(t.slots for t in found), strict=True)]
        return first._replace(text=found[0].filled(texts), comment=comment)

    def _slot(self, slots: tuple[Slot, ...], stem: str, in_method: bool) -> str:
        """What stands in the place of constants: themselves where they are equal, else something over parameters."""
        first = slots[0]
        texts = [slot.text for slot in slots]
        if len(set(texts)) == 1:
            return first.text
        values = tuple(slot.value for slot in slots)
        use = self.parameters.match(values)
        if use is None and first.parts and len({len(slot.parts) for slot in slots}) == 1:
            return self._entries(slots, stem, in_method)
        use = use or self.parameters.use(values, texts, self._role(first), stem)
        return self._written(use, first.is_operand, in_method)

    def _entries(self, slots: tuple[Slot, ...], stem: str, in_method: bool) -> str:
        first = slots[0]
        inside = [self._slot(parts, stem, in_method) for parts in zip(*(slot.parts for slot in slots), strict=True)]
        return _replaced(first, inside)

    def _role(self, slot: Slot) -> str:
        if not slot.role.isdigit():
            return slot.role
        names = self.signatures.get(slot.owner, [])
        return names[int(slot.role)] if int(slot.role) < len(names) else ""

    def _written(self, use: Use, is_operand: bool, in_method: bool) -> str:
        names = [f"self.{self._attribute(name)}" if in_method else name for name in use.names]
        text = use.text.format(*names)
        return f"({text})" if use.is_sum and is_operand else text

    def _attribute(self, parameter: str) -> str:
        if parameter not in self._attributes:
            self._attributes[parameter] = self.variants[0].space.claim(parameter)
        return self._attributes[parameter]


def _replaced(slot: Slot, texts: Sequence[str]) -> str:
    """The text of a tuple or list with other entries."""
    encoded = slot.text.encode()
    parts: list[str] = []
    done = 0
    for part, text in zip(slot.parts, texts, strict=True):
        parts += [encoded[done : part.start - slot.start].decode(), text]
        done = part.end - slot.start
    return "".join([*parts, encoded[done:].decode()])


def _sizes(entering: Sequence[tuple[Shape, ...]]) -> list[Given]:
    """The sizes of the first value that enters, as far as all variants have them."""
    shapes = [shapes[0] for shapes in entering if shapes]
    axes = {len(shape) for shape in shapes}
    if len(shapes) < len(entering) or len(axes) != 1 or axes == {0}:
        return []
    count = axes.pop()
    names = ("in_features" if count == 1 else "in_channels", *SIZES.get(count, ()))
    return [Given(name, tuple(shape[axis] for shape in shapes)) for axis, name in enumerate(names)]
