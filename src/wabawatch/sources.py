"""Where settings come from: a TOML file, the environment, secret files and code, gathered into a tree of dataclasses.

Nothing here knows which settings there are, and nothing reads the environment: both are handed in.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from wabawatch import kinds
from wabawatch.domain.errors import Refusal
from wabawatch.kinds import Kind

APART = ("rules",)
"""Sections of the TOML file that are read by themselves"""
SEALED = "sealed:"
"""What a secret begins with that stands sealed in its place, as `wabawatch keys seal` gives it"""
Unseal: TypeAlias = Callable[[str, str], str]
"""Opens what is sealed, without `SEALED`, for the setting with a key. Raises ValueError that says what is wrong."""
NAME = "<name>"
"""Stands in documented names for the name that the operator gives to a section."""


class SettingsError(Refusal):
    """The settings cannot be used. `problems` has a sentence for each mistake; none of them shows a secret."""

    code = "settings"

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("The settings cannot be used:\n" + "\n".join(f"  {problem}" for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, as documented: *name* in the environment, *key* in the TOML file."""

    name: str
    key: str
    kind: Kind
    default: object
    sentence: str


class Origin(NamedTuple):
    """Where a value was given."""

    name: str
    """As it was called there"""
    place: str
    """`environment`, the name of the TOML file, or `code`: an option of the command line, or an argument"""


@dataclass(frozen=True, slots=True)
class InForce:
    """One setting as it holds. *name* and *key* of `setting` are those of this value."""

    setting: Setting
    value: object
    origin: Origin | None
    """None: nowhere; it is the default"""


def setting(name: str, kind: Kind, default: object, sentence: str) -> Any:
    """A field of the tree, called *name* in the environment and by its own name in TOML."""
    return field(default=default, metadata={"setting": (name, kind, sentence)})


def section(tree: type, name: str) -> Any:
    """A branch of the tree: the section *name* of the TOML file."""
    return field(default_factory=tree, metadata={"section": (tree, name)})


def sections(tree: type, name: str) -> Any:
    """Branches by a name that the operator chooses: the sections *name*.ANYTHING of the TOML file."""
    return field(default_factory=dict, metadata={"section": (tree, f"{name}.{NAME}")})


def named(name: str, kind: Kind, sentence: str) -> Any:
    """A field of the tree with values by names that the operator chooses; *name* in the environment ends with `NAME`,
    and in TOML they stand in a section of the field's name."""
    return field(default_factory=dict, metadata={"named": (name, kind, sentence)})


def documented(tree: type, prefix: str = "") -> Iterator[Setting]:
    """All settings of *tree*, in its order."""
    for spot in fields(tree):
        if "section" in spot.metadata:
            branch, name = spot.metadata["section"]
            yield from documented(branch, f"{name}.")
        elif "named" in spot.metadata:
            name, kind, sentence = spot.metadata["named"]
            yield Setting(name, f"{prefix}{spot.name}.{NAME}", kind, None, sentence)
        elif "setting" in spot.metadata:
            name, kind, sentence = spot.metadata["setting"]
            yield Setting(name, f"{prefix}{spot.name}", kind, spot.default, sentence)


def in_force(tree: Any, told: Mapping[str, Origin], prefix: str = "", called: str = "") -> Iterator[InForce]:
    """All settings of the built *tree*, in the order of the documents; *told*: where each was given, by its key."""

    def one(known: tuple[str, Kind, str], key: str, value: object, default: object, name: str) -> InForce:
        variable, kind, sentence = known
        variable = variable.replace(NAME, name.upper().replace("-", "_"))
        return InForce(Setting(variable, key, kind, default, sentence), value, told.get(key))

    for spot in fields(tree):
        value = getattr(tree, spot.name)
        if "section" in spot.metadata:
            template = spot.metadata["section"][1]
            branches = value if NAME in template else {"": value}
            for name, branch in branches.items():
                yield from in_force(branch, told, f"{template.replace(NAME, name)}.", name)
        elif "named" in spot.metadata:
            for name, each in value.items():
                yield one(spot.metadata["named"], f"{prefix}{spot.name}.{name}", each, None, name)
        elif "setting" in spot.metadata:
            yield one(spot.metadata["setting"], f"{prefix}{spot.name}", value, spot.default, called)


class Reading:
    """Values by TOML key, gathered source by source (a later one wins), with every mistake on the way.

    A variable that begins with *prefix* must be a setting or one of *no_settings*.
    """

    def __init__(self, settings: Iterable[Setting], *, prefix: str, no_settings: frozenset[str]) -> None:
        self.values: dict[str, Any] = {}
        self.told: dict[str, Origin] = {}
        """Where each of them was given, by the same keys"""
        self.problems: list[str] = []
        self.apart: dict[str, Any] = {}
        """The sections `APART` of the TOML file, as they stand there"""
        self.text = ""
        """The TOML file"""
        self.sealed: dict[str, str] = {}
        """What stands sealed in its place, by the same keys"""
        self._readers: dict[str, Callable[[object], Any]] = {}
        self._spots = [spot for known in settings for spot in _spots(known)]
        self._prefix = prefix
        self._no_settings = no_settings

    def take_toml(self, path: Path) -> None:
        """Take the whole file; one that cannot be read is a mistake."""
        try:
            document = tomllib.loads(path.read_text("utf-8"))
        except OSError as wrong:
            self.problems.append(f"{path}: it cannot be read ({wrong.strerror})")
        except ValueError as wrong:
            self.problems.append(f"{path}: it is not TOML ({wrong})")
        else:
            self.text = path.read_text("utf-8")
            self.apart = {name: document.pop(name) for name in APART if name in document}
            for key, raw in sorted(_flat(document), key=lambda item: item[0].endswith("_file")):
                if raw != {} or not self._is_section(key):  # one whose lines are all commented out says nothing
                    self._take(Origin(key, path.name), key, raw)

    def take_env(self, env: Mapping[str, str]) -> None:
        """Take what is ours in *env*. An empty variable counts as one that is not set; secret files win."""
        names = [spot.name for spot in self._spots]
        for name in sorted(filter(env.get, env), key=lambda name: (name.endswith("_FILE"), name)):
            if key := self._key_of(name):
                self._take(Origin(name, "environment"), key, env[name])
            elif name.startswith(self._prefix) and name not in self._no_settings:
                bare = name.removeprefix(self._prefix)
                self.problems.append(f"{name} (environment): {_unknown(bare if bare in names else name, names)}")
            # Somebody else's variable, unless the one that it resembles is missing.
            elif (meant := get_close_matches(name, names, 1, 0.9)) and not env.get(meant[0]):
                self.problems.append(f"{name} (environment): unknown; did you mean {meant[0]}?")

    def take_code(self, given: Mapping[str, object]) -> None:
        """Take values by either name of a setting; None counts as not given."""
        for name, raw in given.items():
            if raw is not None:
                self._take(Origin(name, "code"), self._key_of(name) or name, raw)

    def unseal(self, unseal: Unseal | None) -> None:
        """Open what stands sealed in its place; what cannot be opened is a mistake, and all of it without *unseal*."""
        for target, text in self.sealed.items():
            try:
                if unseal is None:
                    raise ValueError("it is sealed, and whoever reads it here has no keys")
                self.values[target] = self._readers[target](unseal(target, text.removeprefix(SEALED)))
            except ValueError as wrong:
                origin = self.told[target]
                del self.values[target]
                self.problems.append(f"{origin.name} ({origin.place}): {wrong}")

    def key_of_secret(self, name: str) -> tuple[str, Kind]:
        """The key and the kind of the secret setting that *name* names, either way. Raises ValueError."""
        key = self._key_of(name)
        if key is None and name.isupper():
            raise ValueError(_unknown(name, [spot.name for spot in self._spots if spot.kind.is_secret]))
        spot, given = self._spot_at(key or name)
        if not spot.kind.is_secret:
            raise ValueError("it is no secret, and is not sealed")
        return spot.target.replace(NAME, given), spot.kind

    def tree(self, tree: type, prefix: str = "") -> Any:
        """Build *tree* from the values taken; what was not given has its default."""
        given: dict[str, Any] = {}
        for spot in fields(tree):
            key = f"{prefix}{spot.name}"
            if "setting" in spot.metadata and key in self.values:
                given[spot.name] = self.values[key]
            elif "named" in spot.metadata:
                given[spot.name] = {name: self.values[f"{key}.{name}"] for name in self._names_in(f"{key}.{NAME}")}
            elif "section" in spot.metadata:
                branch, name = spot.metadata["section"]
                given[spot.name] = self._sections(branch, name) if NAME in name else self.tree(branch, f"{name}.")
        return tree(**given)

    def _sections(self, branch: type, template: str) -> dict[str, Any]:
        return {name: self.tree(branch, f"{template.replace(NAME, name)}.") for name in self._names_in(template)}

    def _names_in(self, template: str) -> list[str]:
        opening = template.partition(NAME)[0]
        return sorted({key.removeprefix(opening).split(".")[0] for key in self.values if key.startswith(opening)})

    def _take(self, origin: Origin, key: str, raw: object) -> None:
        try:
            spot, name = self._spot_at(key)
            target = spot.target.replace(NAME, name)
            text = spot.text(raw)
            self.sealed.pop(target, None)
            if spot.kind.is_secret and isinstance(text, str) and text.startswith(SEALED):
                self.sealed[target], self._readers[target] = text, spot.kind.read
                self.values[target] = None  # so that its section is known; `unseal` gives it
            else:
                self.values[target] = spot.kind.read(text)
            self.told[target] = origin
        except ValueError as wrong:
            self.problems.append(f"{origin.name} ({origin.place}): {wrong}")

    def _is_section(self, key: str) -> bool:
        return any(spot.key.startswith(f"{key}.") for spot in self._spots)

    def _spot_at(self, key: str) -> tuple[_Spot, str]:
        """The place that *key* names, and the operator's name in it, if it has one."""
        for spot in self._spots:
            if found := _pattern(spot.key, "([A-Za-z0-9_-]{1,64})").fullmatch(key):
                return spot, "".join(found.groups())
        # The variable's name was used as a key.
        if meant := self._key_of(key.upper()):
            raise ValueError(_unknown(meant, [meant]))
        raise ValueError(_unknown(key, [spot.key for spot in self._spots]))

    def _key_of(self, variable: str) -> str | None:
        """The TOML key of *variable*; None: it is none of ours."""
        for spot in self._spots:
            if found := _pattern(spot.name, "([A-Za-z0-9_]{1,64})").fullmatch(variable):
                name = "".join(found.groups())
                return spot.key.replace(NAME, self._spelled(spot.key, name))
        return None

    def _spelled(self, key: str, name: str) -> str:
        """A variable has no hyphen and no case: its MY_SHOP is the section `My-Shop`, if the TOML file has that."""
        known = {_plain(section): section for section in self._names_in(key)}
        return known.get(_plain(name), name.lower())


@dataclass(frozen=True, slots=True)
class _Spot:
    """A place where a value may stand: a setting, or the file twin of a secret one."""

    name: str
    key: str
    target: str
    kind: Kind
    text: Callable[[object], object] = lambda raw: raw
    """What stands there, of what was given"""


def _spots(known: Setting) -> Iterator[_Spot]:
    yield _Spot(known.name, known.key, known.key, known.kind)
    if known.kind.is_secret:
        yield _Spot(f"{known.name}_FILE", f"{known.key}_file", known.key, known.kind, _file_text)


def _pattern(documented_name: str, name: str) -> re.Pattern[str]:
    return re.compile(re.escape(documented_name).replace(NAME, name))


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")


def _unknown(name: str, valid: list[str]) -> str:
    return f"unknown; the nearest valid name is {get_close_matches(name, valid, 1, 0)[0]}"


def _file_text(raw: object) -> str:
    path: Path = kinds.PATH.read(raw)
    try:
        text = path.read_text("utf-8").strip()
    except OSError as wrong:
        # Somebody may have put the secret itself where the name of its file belongs.
        named = path if "/" in str(path) else "the file that it names"
        raise ValueError(f"{named} cannot be read ({wrong.strerror})") from wrong
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text") from None
    if not text:
        raise ValueError(f"{path} is empty")
    return text


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
