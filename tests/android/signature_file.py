"""Reads Android's API signatures (format 2.0, `api/current.txt`): one class a block, one member a line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

MODIFIERS = {
    "public": 0x1, "private": 0x2, "protected": 0x4, "static": 0x8, "final": 0x10, "synchronized": 0x20,
    "volatile": 0x40, "transient": 0x80, "native": 0x100, "abstract": 0x400, "strictfp": 0x800,
}  # fmt: skip
STATIC = MODIFIERS["static"]
TOKEN = re.compile(
    r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|\.\.\.|[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*|@'
    r"|-?[\d.][\w.+]*(?:[eE][-+]?\d+)?[fFdDlL]?|\S"
)


@dataclass(frozen=True)
class Type:
    """A type as written. kind: `named` (name, arguments), `array` (of arguments[0]), `any` (?), `extends` or
    `super` (? extends arguments[0]). annotations: those before it, without @.
    """

    kind: str
    name: str = ""
    arguments: tuple[Type, ...] = ()
    annotations: tuple[str, ...] = ()


OBJECT = Type("named", "Object")
# Type parameters with their bounds.
Parameters = list[tuple[str, list[Type]]]


@dataclass
class Class:
    """One block of the file; members are still text."""

    package: str
    nested: tuple[str, ...]
    kind: str
    flags: int
    parameters: Parameters = field(default_factory=list)
    parent: Type | None = None
    interfaces: list[Type] = field(default_factory=list)
    members: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.package}.{'.'.join(self.nested)}"

    @property
    def internal(self) -> str:
        return f"{self.package.replace('.', '/')}/{'$'.join(self.nested)}"

    @property
    def is_interface(self) -> bool:
        return self.kind in ("interface", "@interface")


@dataclass
class Member:
    """kind: `field`, `enum_constant`, `method` or `ctor`. value: a constant's text, where there is one."""

    kind: str
    name: str
    flags: int
    type: Type
    is_default: bool = False
    value: str | None = None
    parameters: Parameters = field(default_factory=list)
    arguments: list[Type] = field(default_factory=list)
    throws: list[Type] = field(default_factory=list)
    variable: bool = False
    annotations: tuple[str, ...] = ()
    has_annotation_default: bool = False


def read(lines: Iterable[str]) -> dict[str, Class]:
    """Full name → class."""
    classes: dict[str, Class] = {}
    package, current = "", None
    for line in lines:
        text = line.strip()
        if line.startswith("package "):
            package = text.split()[1]
        elif line.startswith("    ") and current is not None:
            current.members.append(text)
        elif line.startswith("  ") and not line.startswith("  }") and not text.startswith("//"):
            current = Reader(text.rstrip("{").strip()).class_of(package)
            classes[current.name] = current
    return classes


def member(text: str) -> Member:
    """A line of a class's block. The semicolon at the end may follow a text constant that holds some."""
    return Reader(text[:-1] if text.endswith(";") else text).member(text)


class Reader:
    """Recursive descent over the tokens of one line."""

    def __init__(self, text: str) -> None:
        self.tokens, self.at = TOKEN.findall(text), 0
        self.variable = False

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def next(self) -> str:
        self.at += 1
        token: str = self.tokens[self.at - 1]
        return token

    def eat(self, token: str) -> bool:
        found = self.peek() == token
        self.at += found
        return found

    def need(self, token: str) -> None:
        if not self.eat(token):
            raise ValueError(f"'{' '.join(self.tokens)}': no {token} at token {self.at}")

    # --- classes

    def class_of(self, package: str) -> Class:
        self.annotations()
        flags, _ = self.modifiers()
        kind = self.next()
        if kind == "@":
            kind = "@" + self.next()
        found = Class(package, tuple(self.next().split(".")), kind, flags)
        found.parameters = self.type_parameters()
        if self.eat("extends"):
            if kind == "interface":
                found.interfaces += self.types_until("implements")
            else:
                found.parent = self.type()
        if self.eat("implements"):
            found.interfaces += self.types_until("")
        return found

    def types_until(self, end: str) -> list[Type]:
        types = []
        while self.peek() not in ("", end):
            types.append(self.type())
            self.eat(",")
        return types

    # --- members

    def member(self, text: str) -> Member:
        kind = self.next()
        before = self.annotations()
        flags, is_default = self.modifiers()
        before += self.annotations()
        if kind in ("field", "enum_constant"):
            return self.field_of(kind, flags, before)
        parameters = self.type_parameters()
        returned = Type("named", "void") if kind == "ctor" else self.type()
        name = self.next()
        found = Member(kind, "<init>" if kind == "ctor" else name, flags, returned, is_default)
        found.parameters, found.annotations = parameters, before + returned.annotations
        self.need("(")
        found.arguments = self.arguments()
        if self.eat("throws"):
            found.throws = self.types_until("default")
        found.variable = self.variable
        found.has_annotation_default = "default" in text.rsplit(")", maxsplit=1)[-1]
        return found

    def field_of(self, kind: str, flags: int, before: tuple[str, ...]) -> Member:
        found = Member(kind, "", flags, self.type())
        found.name, found.annotations = self.next(), before + found.type.annotations
        if self.eat("=") and self.peek() != "(":  # (0.0 / 0.0) and the like are no constants here
            found.value = self.next()
        return found

    def arguments(self) -> list[Type]:
        types = []
        while not self.eat(")"):
            before = self.annotations()
            self.eat("final")
            found = self.type()
            annotations = before + found.annotations
            types.append(Type(found.kind, found.name, found.arguments, annotations))
            if self.peek() not in (",", ")"):
                self.next()  # a parameter's name
            self.eat(",")
        return types

    # --- types

    def annotations(self) -> tuple[str, ...]:
        names = []
        while self.peek() == "@" and self.tokens[self.at + 1] != "interface":
            self.at += 1
            names.append(self.next())
            if self.peek() == "(":
                self.skip_brackets()
        return tuple(names)

    def skip_brackets(self) -> None:
        depth = 0
        while True:
            token = self.next()
            depth += (token == "(") - (token == ")")
            if not depth:
                return

    def modifiers(self) -> tuple[int, bool]:
        flags, is_default = 0, False
        while (token := self.peek()) in (*MODIFIERS, "default", "deprecated"):
            flags |= MODIFIERS.get(self.next(), 0)
            is_default |= token == "default"
        return flags, is_default

    def type_parameters(self) -> Parameters:
        found: Parameters = []
        if self.eat("<"):
            while True:
                self.annotations()
                name, bounds = self.next(), []
                if self.eat("extends"):
                    bounds.append(self.type())
                    while self.eat("&"):
                        bounds.append(self.type())
                found.append((name, bounds))
                if self.eat(">"):
                    break
                self.need(",")
        return found

    def type(self) -> Type:
        annotations = self.annotations()
        if self.eat("?"):
            kind = "extends" if self.eat("extends") else "super" if self.eat("super") else "any"
            return Type(kind, "", () if kind == "any" else (self.type(),))
        found = Type("named", self.next(), self.type_arguments())
        while self.peek().startswith(".") and self.peek() != "...":  # Outer<T>.Inner
            found = Type("named", f"{found.name}.{self.inner_name()}", self.type_arguments())
        while self.eat("["):
            self.need("]")
            found = Type("array", "", (found,))
        if self.eat("..."):
            found, self.variable = Type("array", "", (found,)), True
        return Type(found.kind, found.name, found.arguments, annotations)

    def inner_name(self) -> str:
        self.next()
        return self.next()

    def type_arguments(self) -> tuple[Type, ...]:
        types = []
        if self.eat("<"):
            while not self.eat(">"):
                types.append(self.type())
                self.eat(",")
        return tuple(types)
