"""What a run says of itself: id, name, project, tags and the like."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Optional, Sequence, Tuple

from ._resume import run_id_of

if TYPE_CHECKING:
    from .._run import Run as Inner
    from ._settings import Settings

__all__ = ["Facts"]

NAME = "xtrack.name"  # the tag that renames a run


class Facts:
    """Part of `Run`."""

    inner: "Inner"
    settings: "Settings"
    starting_step = 0

    @property
    def id(self) -> str:
        """As the script gave it, also where it stands for another one here."""
        given = self.settings.run_id
        return given if given and run_id_of(given) == self.inner.run_id else self.inner.run_id

    @property
    def name(self) -> str:
        """The name, or the id of a run without one."""
        return self.settings.run_name or self.inner.run_id

    @name.setter
    def name(self, value: str) -> None:
        self.settings.run_name = value
        self.inner.set_tag(NAME, value)

    @property
    def notes(self) -> Optional[str]:
        return self.settings.run_notes

    @notes.setter
    def notes(self, value: str) -> None:
        self.settings.run_notes = value
        self.inner.set_tag("notes", value)

    @property
    def tags(self) -> Tuple[str, ...]:
        return self.settings.run_tags

    @tags.setter
    def tags(self, values: Sequence[str]) -> None:
        """A tag that was set stays on the run: there is no way to take one back."""
        self.settings.run_tags = tuple(values)
        self.inner.set_tags({value: "true" for value in values})

    @property
    def project(self) -> str:
        return self.settings.project or "uncategorized"

    def project_name(self) -> str:
        return self.project

    @property
    def entity(self) -> str:
        return self.settings.entity or ""

    @property
    def group(self) -> str:
        return self.settings.run_group or ""

    @property
    def job_type(self) -> str:
        return self.settings.run_job_type or ""

    @property
    def path(self) -> str:
        return "/".join(part for part in (self.entity, self.project, self.id) if part)

    @property
    def resumed(self) -> bool:
        """True when the control plane restarted this run."""
        return bool(os.environ.get("XTRACK_RESUME_RUN_ID"))

    @property
    def disabled(self) -> bool:
        return self.settings.mode == "disabled"

    @property
    def offline(self) -> bool:
        return self.settings.mode == "offline"

    @property
    def url(self) -> Optional[str]:
        """None: where the run is shown is the control plane's affair."""
        return None

    def get_url(self) -> Optional[str]:
        return self.url

    project_url = sweep_url = sweep_id = url

    def _label(self, *args: Any, **kwargs: Any) -> None:
        """Says where the script comes from: nothing here asks for it."""

    def to_html(self, *args: Any, **kwargs: Any) -> str:
        return f"<p>run {self.id}</p>"

    def display(self, *args: Any, **kwargs: Any) -> bool:
        return False

    def status(self) -> None:
        """What is still to be sent is the emitter's affair."""

    def mark_preempting(self) -> None:
        """Says that the machine will be taken away."""
        self.inner.log("the machine is about to be taken away", "warning", logger="wandb")
