"""Bodies of requests to the data service."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from dmod.catalog.category import Category
from dmod.catalog.data_format import find_format
from dmod.catalog.domain_json import restrictions_from_json
from dmod.catalog.requirement import Requirement
from dmod.errors import InputError
from dmod.services.data.asking import domain_restrictions, requirement_of
from dmod.services.data.bringing import Description


class Body(BaseModel):
    """A body whose keys are all known: one that is not is refused, never passed over."""

    model_config = ConfigDict(extra="forbid")


def example(**values: Any) -> ConfigDict:
    """Return the configuration of a body that has an example."""
    return ConfigDict(json_schema_extra={"examples": [values]})


class Coverage(Body):
    """What data cover, or must cover."""

    catchments: list[str] = Field(default=[], description="ids as they stand in the hydrofabric: cat-27")
    gages: list[str] = []
    start: str | None = Field(default=None, description="first hour, UTC, ISO 8601")
    end: str | None = Field(default=None, description="last hour, included")
    variables: list[str] = []
    restrictions: dict[str, list[str | int]] = Field(default={}, description="of further indices, by name")


class RequirementBody(Coverage):
    """A kind of data, and what it must cover."""

    model_config = example(
        category="FORCING", catchments=["cat-27"], start="2015-12-01", end="2015-12-31 23:00"
    )

    category: str
    format: str | None = None
    formulation: str | None = None
    parameters: dict[str, Any] = {}
    exact: bool = Field(default=False, description="no other format of the family will do")
    exactly: bool = Field(default=False, description="just these catchments, and no more")
    domain: dict[str, Any] | None = Field(
        default=None, description="restrictions in DMOD's form (continuous, discrete), beside the others"
    )

    def requirement(self) -> Requirement:
        """Return the requirement."""
        found = requirement_of(
            self.category,
            format=self.format,
            catchments=self.catchments,
            gages=self.gages,
            start=self.start,
            end=self.end,
            variables=self.variables,
            formulation=self.formulation,
            restrictions=self.restrictions,
            parameters=self.parameters,
            exact=self.exact,
            exactly=self.exactly,
        )
        if self.domain is None:
            return found
        more = restrictions_from_json(self.domain, "domain")
        return found.needing(restrictions={**found.restrictions, **more})


class DeriveBody(RequirementBody):
    """A requirement that is to be met, and how the result is to be kept."""

    model_config = example(
        category="CONFIG", format="NGEN_JOB_COMPOSITE_CONFIG", catchments=["cat-27"], start="2015-12-01",
        end="2015-12-31 23:00", formulation="cfe", name="logan",
    )  # fmt: skip

    name: str = ""
    description: str = ""
    expires: datetime | None = None


class DescriptionBody(Coverage):
    """What is said of data that are added; what is left out is found out."""

    model_config = example(name="logan", category="HYDROFABRIC", description="the Logan River")

    name: str
    another: bool = Field(default=False, description="add the next version of a name that exists")
    unpack: bool = False
    category: str | None = None
    format: str | None = None
    description: str = ""
    expires: datetime | None = None
    read_only: bool = False
    link: str = Field(default="", description="address where the data lie, if they are not to be taken over")

    def said(self) -> Description:
        """Return the description."""
        if self.link and "://" not in self.link:
            raise InputError(
                f"{self.link!r} is no address", hint="only s3://, https:// and the like can be linked"
            )
        return Description(
            category=None if self.category is None else Category.named(self.category),
            format=None if self.format is None else find_format(self.format),
            restrictions=domain_restrictions(
                catchments=self.catchments,
                gages=self.gages,
                start=self.start,
                end=self.end,
                variables=self.variables,
                restrictions=self.restrictions,
            ),
            text=self.description,
            expires=self.expires,
            read_only=self.read_only,
            link=bool(self.link),
        )


class DataSharingBody(Body):
    """Who may read a dataset beside its owner."""

    model_config = example(shared_with=["grace"])

    shared_with: list[str] = Field(max_length=200, description="names of users; * stands for everybody")


class EditBody(Body):
    """What can be changed of a version; what is left out stays."""

    model_config = example(description="the Logan River, version 2.2")

    description: str | None = None
    owner: str | None = None
    expires: datetime | None = None
    read_only: bool | None = None

    def changes(self) -> dict[str, Any]:
        """Return what was given, a null for ``expires`` included: it then never expires."""
        given = self.model_dump(exclude_unset=True)
        return {name: value for name, value in given.items() if value is not None or name == "expires"}
