"""Routes of formulations: which there are, of which modules, with which parameters."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from dmod.accounts.permission import Permission
from dmod.api.asking import Asking, Needs
from dmod.api.guarding import GuardedRoute
from dmod.services.formulation_parameters import describe_parameters

router = APIRouter(prefix="/v1/formulations", tags=["jobs"], route_class=GuardedRoute)

Anybody = Annotated[Asking, Depends(Needs(Permission.JOB_SEE))]


class FormulationParameter(BaseModel):
    """A parameter of a module's configuration."""

    name: str = Field(examples=["soil_params.b"])
    unit: str
    description: str
    minimum: float | None = Field(description="in its unit, included; null: there is none")
    maximum: float | None
    default: str | None = Field(description="what is taken where nothing else says it")
    choices: list[str]
    source: str = Field(
        description="column of the hydrofabric that it is made of; empty: the same everywhere"
    )
    reference: str = Field(description="who says so")


class FormulationModule(BaseModel):
    """A module of a formulation, in the order in which they run."""

    name: str = Field(examples=["cfe"])
    title: str
    native: bool = Field(description="whether dmod's own engine runs it")
    parameters: list[FormulationParameter]
    settable: list[str] = Field(
        description="what model_params of a request can set, as they name it", examples=[["cfe.refkdt"]]
    )


class FormulationShown(BaseModel):
    """A formulation that a request can name."""

    name: str = Field(examples=["cfe"])
    text: str
    engine: str = Field(description="native, or C++ framework")
    modules: list[FormulationModule]
    attributes: list[str] = Field(description="columns of the hydrofabric that it needs")


@router.get("", response_model=list[FormulationShown], summary="List formulations")
def list_formulations(asking: Anybody) -> list[dict[str, Any]]:
    """List the formulations that a request can name, with modules and their parameters."""
    return describe_parameters()
