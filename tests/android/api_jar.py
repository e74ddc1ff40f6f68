"""Android's public API as a jar to compile against, made from its signature file. No method does anything.

Kept: generics, nullness (so that Kotlin sees it), constants, enums, annotations, nested classes, exceptions.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.android import class_file, signature_file
from tests.android.class_file import Attribute, Pool, u2
from tests.android.signature_file import OBJECT, STATIC, Class, Member, Parameters, Type

PRIMITIVES = {
    "void": "V", "boolean": "Z", "byte": "B", "char": "C", "short": "S", "int": "I", "long": "J",
    "float": "F", "double": "D",
}  # fmt: skip
PUBLIC, PRIVATE, PROTECTED, FINAL, SUPER, VARARGS = 0x1, 0x2, 0x4, 0x10, 0x20, 0x80
NATIVE, INTERFACE, ABSTRACT, ANNOTATION, ENUM = 0x100, 0x200, 0x400, 0x2000, 0x4000
NULLNESS = {"NonNull": "Landroidx/annotation/NonNull;", "Nullable": "Landroidx/annotation/Nullable;"}
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
Bounds = dict[str, list[Type]]  # the type parameters in sight


def write(signatures: Path, jar: Path) -> int:
    """The jar of a signature file; returns the number of classes."""
    with signatures.open(encoding="utf-8") as lines:
        api = Api(signature_file.read(lines))
    with zipfile.ZipFile(jar, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for found in sorted(api.classes.values(), key=lambda c: c.internal):
            archive.writestr(zipfile.ZipInfo(f"{found.internal}.class"), api.bytes_of(found))
    return len(api.classes)


def unescaped(literal: str) -> str:
    """The text of a Java literal, quotes included in `literal`."""

    def character(match: re.Match[str]) -> str:
        code = match[1]
        return chr(int(code[1:], 16)) if code[0] == "u" else ESCAPES.get(code, code)

    return re.sub(r"\\(u[0-9a-fA-F]{4}|.)", character, literal[1:-1])


class Api:
    def __init__(self, classes: Mapping[str, Class]) -> None:
        self.classes = classes
        self.by_internal = {found.internal: found for found in classes.values()}
        self.inner: dict[str, list[Class]] = {}
        for found in classes.values():
            if (outer := self.outer(found)) is not None:
                self.inner.setdefault(outer.name, []).append(found)

    def outer(self, found: Class) -> Class | None:
        return (
            self.classes.get(f"{found.package}.{'.'.join(found.nested[:-1])}") if found.nested[1:] else None
        )

    # --- types

    def internal(self, name: str) -> str:
        if name in self.classes:
            return self.classes[name].internal
        if "." not in name:
            return f"java/lang/{name}"
        parts = name.split(".")  # not in the file: the class's name starts with the first capital letter
        start = next((i for i, part in enumerate(parts) if part[:1].isupper()), len(parts) - 1)
        return "/".join([*parts[:start], "$".join(parts[start:])])

    def descriptor(self, kind: Type, bounds: Bounds) -> str:
        """The erased type."""
        if kind.kind == "array":
            return "[" + self.descriptor(kind.arguments[0], bounds)
        if kind.name in PRIMITIVES:
            return PRIMITIVES[kind.name]
        if kind.name in bounds:
            return self.descriptor((bounds[kind.name] or [OBJECT])[0], bounds)
        return f"L{self.internal(kind.name)};"

    def erased_name(self, kind: Type, bounds: Bounds) -> str:
        return self.descriptor(kind, bounds)[1:-1]

    def signature(self, kind: Type, bounds: Bounds) -> str:
        """The type with its arguments."""
        prefix = {"array": "[", "any": "*", "extends": "+", "super": "-"}.get(kind.kind)
        if prefix is not None:
            return prefix + "".join(self.signature(a, bounds) for a in kind.arguments)
        if kind.name in PRIMITIVES:
            return PRIMITIVES[kind.name]
        if kind.name in bounds:
            return f"T{kind.name};"
        arguments = "".join(self.signature(a, bounds) for a in kind.arguments)
        return f"L{self.internal(kind.name)}{f'<{arguments}>' if arguments else ''};"

    def parameters(self, parameters: Parameters, bounds: Bounds) -> str:
        text = ""
        for name, found in parameters:
            for i, bound in enumerate(found or [OBJECT]):
                interface = bound.name in self.classes and self.classes[bound.name].kind == "interface"
                text += "" if i else name + (":" if interface else "")
                text += ":" + self.signature(bound, bounds)
        return f"<{text}>" if text else ""

    def in_sight(self, found: Class) -> Bounds:
        """Type parameters of the class and, unless it is static, of those around it."""
        outer = None if found.flags & STATIC or found.kind != "class" else self.outer(found)
        return {**(self.in_sight(outer) if outer else {}), **dict(found.parameters)}

    # --- classes

    def bytes_of(self, found: Class) -> bytes:
        pool, bounds = Pool(), self.in_sight(found)
        parent, interfaces = self.ancestors(found)
        fields: list[bytes] = []
        methods: list[bytes] = []
        for line in found.members:
            self.add_member(found, signature_file.member(line), pool, bounds, fields, methods)
        more: list[Attribute] = []
        if found.parameters or parent.arguments or any(i.arguments for i in interfaces):
            types = "".join(self.signature(t, bounds) for t in (parent, *interfaces))
            more.append(("Signature", u2(pool.text(self.parameters(found.parameters, bounds) + types))))
        this = pool.class_of(found.internal)
        is_object = found.internal == "java/lang/Object"
        above = 0 if is_object else pool.class_of(self.erased_name(parent, bounds))
        numbers = [pool.class_of(self.erased_name(i, bounds)) for i in interfaces]
        more += self.nested(found, pool)
        return class_file.whole(pool, class_flags(found), (this, above), numbers, (fields, methods), more)

    def ancestors(self, found: Class) -> tuple[Type, list[Type]]:
        if found.kind == "enum":
            return Type("named", "java.lang.Enum", (Type("named", found.name),)), found.interfaces
        if found.kind == "@interface":
            return OBJECT, [*found.interfaces, Type("named", "java.lang.annotation.Annotation")]
        return (OBJECT if found.is_interface else found.parent or OBJECT), found.interfaces

    def nested(self, found: Class, pool: Pool) -> list[Attribute]:
        """InnerClasses: nested classes that are named here, and all of this class's own."""
        named = {found.internal, *pool.classes}
        named |= {name for text in pool.texts for name in re.findall(r"L([\w/$]+)", text)}
        rows = {c.internal: c for c in self.inner.get(found.name, [])}
        for name in named:
            inner = self.by_internal.get(name)
            while inner is not None and inner.nested[1:]:
                rows[inner.internal] = inner
                inner = self.outer(inner)
        entries = [self.nested_row(rows[name], pool) for name in sorted(rows)]
        return [("InnerClasses", class_file.table(entries))] if entries else []

    def nested_row(self, inner: Class, pool: Pool) -> bytes:
        flags = inner.flags & (PUBLIC | PRIVATE | PROTECTED | STATIC | FINAL | ABSTRACT)
        flags |= INTERFACE | ABSTRACT | STATIC if inner.is_interface else 0
        flags |= ANNOTATION if inner.kind == "@interface" else 0
        flags |= ENUM | STATIC | FINAL if inner.kind == "enum" else 0
        outer = inner.internal.rsplit("$", 1)[0]
        numbers = pool.class_of(inner.internal), pool.class_of(outer), pool.text(inner.nested[-1]), flags
        return b"".join(u2(n) for n in numbers)

    # --- members

    def add_member(
        self,
        found: Class,
        member: Member,
        pool: Pool,
        bounds: Bounds,
        fields: list[bytes],
        methods: list[bytes],
    ) -> None:
        if member.kind in ("field", "enum_constant"):
            fields.append(self.field(member, pool, bounds))
        else:
            methods.append(self.method(found, member, pool, bounds))

    def field(self, member: Member, pool: Pool, bounds: Bounds) -> bytes:
        flags = member.flags | (ENUM | FINAL | STATIC if member.kind == "enum_constant" else 0)
        more: list[Attribute] = []
        if member.value is not None and (constant := constant_of(pool, member.type, member.value)):
            more.append(("ConstantValue", u2(constant)))
        descriptor, signature = self.descriptor(member.type, bounds), self.signature(member.type, bounds)
        if descriptor != signature:
            more.append(("Signature", u2(pool.text(signature))))
        more += nullness(pool, member.annotations)
        return class_file.member(pool, flags & 0x40DF, member.name, descriptor, more)

    def method(self, found: Class, member: Member, pool: Pool, bounds: Bounds) -> bytes:
        bounds = {**bounds, **dict(member.parameters)}
        outer = self.outer(found)
        hidden = ""  # an inner class's constructor takes the outer object first
        if member.kind == "ctor" and outer is not None and found.kind == "class" and not found.flags & STATIC:
            hidden = f"L{outer.internal};"
        arguments = [self.descriptor(t, bounds) for t in member.arguments]
        descriptor = f"({hidden}{''.join(arguments)}){self.descriptor(member.type, bounds)}"
        flags = method_flags(found, member)
        more: list[Attribute] = []
        if not flags & ABSTRACT:
            places = sum(2 if a in ("J", "D") else 1 for a in arguments) + 1
            more.append(class_file.throwing_code(places))
        more += self.generics(member, pool, bounds, descriptor) if not hidden else []
        if member.throws:
            numbers = [u2(pool.class_of(self.erased_name(t, bounds))) for t in member.throws]
            more.append(("Exceptions", class_file.table(numbers)))
        more += [] if member.kind == "ctor" else nullness(pool, member.annotations)
        more += argument_nullness(pool, member)
        if found.kind == "@interface" and member.has_annotation_default:
            more.append(annotation_default(pool, descriptor))
        return class_file.member(pool, flags, member.name, descriptor, more)

    def generics(self, member: Member, pool: Pool, bounds: Bounds, descriptor: str) -> list[Attribute]:
        arguments = "".join(self.signature(t, bounds) for t in member.arguments)
        text = (
            f"{self.parameters(member.parameters, bounds)}({arguments}){self.signature(member.type, bounds)}"
        )
        return [("Signature", u2(pool.text(text)))] if text != descriptor else []


def class_flags(found: Class) -> int:
    flags = found.flags & (PUBLIC | FINAL | ABSTRACT) | (PUBLIC if found.flags & PROTECTED else 0)
    flags |= INTERFACE | ABSTRACT if found.is_interface else SUPER
    flags |= ANNOTATION if found.kind == "@interface" else 0
    return flags | (ENUM | FINAL if found.kind == "enum" else 0)


def method_flags(found: Class, member: Member) -> int:
    flags = member.flags & ~NATIVE | (VARARGS if member.variable else 0)
    if found.is_interface and not member.is_default and not flags & STATIC:
        flags |= ABSTRACT
    return flags & (0x87 if member.kind == "ctor" else 0xCFF)


def nullness(pool: Pool, annotations: tuple[str, ...]) -> list[Attribute]:
    data = nullness_table(pool, annotations)
    return [("RuntimeInvisibleAnnotations", data)] if data else []


def nullness_table(pool: Pool, annotations: tuple[str, ...]) -> bytes:
    for name in (annotation.split(".")[-1] for annotation in annotations):
        if name in NULLNESS:
            return u2(1) + u2(pool.text(NULLNESS[name])) + u2(0)
    return b""


def argument_nullness(pool: Pool, member: Member) -> list[Attribute]:
    tables = [nullness_table(pool, t.annotations) for t in member.arguments]
    if not any(tables):
        return []
    data = bytes([len(tables)]) + b"".join(t or u2(0) for t in tables)
    return [("RuntimeInvisibleParameterAnnotations", data)]


def annotation_default(pool: Pool, descriptor: str) -> Attribute:
    """Only that there is a default matters: 0, or an empty array."""
    number = descriptor.endswith(")I")
    return "AnnotationDefault", b"I" + u2(pool.number("i", 0)) if number else b"[" + u2(0)


# Kinds of constants → the pool's kind of number, and how their text is read.
NUMBERS: dict[str, tuple[str, Callable[[str], float]]] = {
    "boolean": ("i", lambda text: text == "true"),
    "char": ("i", lambda text: ord(unescaped(text)) if text[0] == "'" else int(text, 0)),
    **dict.fromkeys(("int", "short", "byte"), ("i", lambda text: int(text, 0))),
    "long": ("q", lambda text: int(text.rstrip("Ll"), 0)),
    "float": ("f", lambda text: float(text.rstrip("fF"))),
    "double": ("d", lambda text: float(text.rstrip("dD"))),
}


def constant_of(pool: Pool, kind: Type, text: str) -> int | None:
    """The pool's entry of a constant; None for what has none, such as NaN."""
    if kind.name in ("String", "java.lang.String"):
        return pool.string(unescaped(text))
    if kind.name not in NUMBERS:
        return None
    number, read = NUMBERS[kind.name]
    try:
        return pool.number(number, read(text))
    except (ValueError, OverflowError):
        return None
