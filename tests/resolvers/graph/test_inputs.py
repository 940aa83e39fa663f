"""Request models as inputs: types, defaults, limits in words; and what they read back."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

from domain.references import RowReference
from domain.refusals import InvalidInput
from resolvers.graph import inputs, scalars
from resolvers.graph.model import NO_DEFAULT, TypeRef


class Colour(StrEnum):
    """A colour."""

    RED = "RED"
    """Red."""


class Part(BaseModel):
    """A part."""

    person: Annotated[int, RowReference("person")] = Field(description="Who")
    by_name: str = Field(pattern="^a", description="Name.")


class FullRequest(BaseModel):
    """All kinds of fields."""

    unit: Annotated[int | None, RowReference("unit")] = Field(default=None, description="Unit.")
    people: list[Annotated[int, RowReference("person")]] = Field(min_length=1, max_length=3, description="People.")
    parts: tuple[Part, ...] = Field(default=(), description="Parts.")
    part: Part | None = Field(default=None, description="Part.")
    colour: Colour = Field(default=Colour.RED, description="Colour.")
    count: int = Field(gt=1, lt=9, description="Count")
    share: Decimal = Field(default=Decimal("0.50"), ge=0, description="Share.")
    on_day: date = Field(description="Day.")
    title: str = Field(default="x", max_length=9, description="Title.")


MODELS = inputs.InputCompiler({"person": "pe", "unit": "un"}, scalars.SCALARS_BY_TYPE)
INPUT_TYPE = MODELS.compile_input_type(FullRequest, "EverythingInput")


def test_fields_become_types_with_defaults() -> None:
    shapes = {field.name: (field.type_ref, field.default) for field in INPUT_TYPE.fields}
    assert shapes == {
        "unit": (TypeRef("ID", nullable=True), NO_DEFAULT),
        "people": (TypeRef("", item_type=TypeRef("ID")), NO_DEFAULT),
        "parts": (TypeRef("", item_type=TypeRef("PartInput")), ()),
        "part": (TypeRef("PartInput", nullable=True), NO_DEFAULT),
        "colour": (TypeRef("Colour"), Colour.RED),
        "count": (TypeRef("Int"), NO_DEFAULT),
        "share": (TypeRef("Decimal", nullable=True), NO_DEFAULT),
        "onDay": (TypeRef("Date"), NO_DEFAULT),
        "title": (TypeRef("String"), "x"),
    }
    assert MODELS.enums == {"Colour": Colour}


def test_limits_are_said_in_words() -> None:
    said = {field.name: field.description for field in INPUT_TYPE.fields}
    assert said["people"] == "People. 1 to 3 items."
    assert said["count"] == "Count. More than 1, less than 9."
    assert said["share"] == "Share. At least 0."
    assert said["title"] == "Title. At most 9 characters."
    assert {field.name: field.description for field in INPUT_TYPE.nested_inputs["part"].fields} == {
        "person": "Who",
        "byName": "Name. Pattern `^a`.",
    }


def create_values(**more: Any) -> dict[str, Any]:
    return {"people": ["pe1", "pe2"], "count": 3, "onDay": date(2026, 1, 1), **more}


def test_what_a_client_sends_becomes_the_request() -> None:
    asked = inputs.parse_request(
        INPUT_TYPE,
        create_values(
            unit="un5", parts=[{"person": "pe3", "byName": "ab"}], part={"person": "pe4", "byName": "ac"}, share=None
        ),
    )
    assert asked == FullRequest(
        unit=5,
        people=[1, 2],
        parts=(Part(person=3, by_name="ab"),),
        part=Part(person=4, by_name="ac"),
        count=3,
        on_day=date(2026, 1, 1),
    )
    assert inputs.parse_request(INPUT_TYPE, create_values(unit=None)) == FullRequest(
        people=[1, 2], count=3, on_day=date(2026, 1, 1)
    )


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"unit": "pe5"}, ("unit",)),
        ({"people": ["pe1", "un1"]}, ("people", "1")),
        ({"people": []}, ("people",)),
        ({"parts": [{"person": "pe1", "byName": "b"}]}, ("parts", "0", "byName")),
        ({"part": {"person": "un1", "byName": "a"}}, ("part", "person")),
        ({"title": "\ud800"}, ("title",)),
        ({"count": 9}, ("count",)),
    ],
)
def test_a_refusal_names_the_field_as_the_client_does(more: dict[str, Any], path: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInput) as refused:
        inputs.parse_request(INPUT_TYPE, create_values(**more))
    assert refused.value.path == path
    assert refused.value.message.startswith(".".join(path))


class Strange(BaseModel):
    """A request."""

    other: Annotated[int, RowReference("planet")] = Field(description="Planet.")


class Either(BaseModel):
    """A request."""

    other: int | str = Field(description="Either.")


class Loose(BaseModel):
    """A request."""

    other: dict[str, int] = Field(description="Anything.")


class Pair(BaseModel):
    """A request."""

    other: tuple[int, int] = Field(description="Two.")


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (Strange, "Strange.other refers to 'planet', which no node shows"),
        (Either, "Either.other may be of one type only"),
        (Loose, "Loose.other: "),
        (Pair, "Pair.other: a tuple must be of one type"),
    ],
)
def test_models_that_are_no_input_are_refused(model: type[BaseModel], reason: str) -> None:
    with pytest.raises(inputs.UnsupportedModel) as unfit:
        MODELS.compile_input_type(model, "X")
    assert str(unfit.value).startswith(reason)
